import type { Figure } from "@libs/measuring";
import { join } from "node:path";
import { freePort } from "@libs/testing";
import { type ConstantRequest, offerConstantly } from "../../gateway/constant-rate/constant-load.ts";
import { type RunningProcess, runServer, withDirectory } from "../../gateway/run-process.ts";
import type { Scenario } from "./scenario.ts";
import { startGateway } from "../support/start-gateway.ts";

const perSecond = 5000;
const killEveryMs = 2000;
const program = join(import.meta.dir, "../support/mortal-target.ts");

/** Eleven of twelve requests may be sent again. */
const mix: readonly ConstantRequest[] = [
  ...Array.from({ length: 7 }, () => ({ path: "/r0/items" })),
  { path: "/r0/large" },
  { path: "/r0/items/1", method: "PUT", body: '{"quantity":2}' },
  { path: "/r0/items/2", method: "PUT", body: JSON.stringify({ note: "n".repeat(2000) }) },
  { path: "/r0/items/3", method: "DELETE" },
  { path: "/r0/orders/{n}", method: "POST", body: '{"cart":"c-1"}' },
];

/**
 * Requirement: at 5,000 requests per second of mixed load, with one of three targets killed and restarted every 2 s, success stays above 99.95 % on
 * idempotent routes with retries on, and no request that must not be repeated is sent twice.
 */
export const kill: Scenario = {
  what: `${perSecond} mixed requests a second, one of three targets killed every ${killEveryMs / 1000} s`,
  run: ({ seconds }) =>
    withDirectory(async (directory) => {
      const file = join(directory, "posts");
      const ports = [await freePort(), await freePort(), await freePort()];
      const start = (port: number): Promise<RunningProcess> =>
        runServer([process.execPath, program, String(port), file], port);
      const targets = await Promise.all(ports.map(start));
      const gateway = await startGateway(configOf(ports), directory, "/r0/items");
      const ended = new AbortController();
      try {
        const killing = killInTurn(targets, (index) => start(ports[index] ?? 0), ended.signal);
        const load = { port: gateway.port, perSecond, seconds: Math.max(seconds, 20), connections: 128 };
        const result = await offerConstantly({ ...load, requests: mix });
        ended.abort();
        const kills = await killing;
        const posts = (await Bun.file(file).text()).trim().split("\n");
        return figuresOf(result, kills, posts.length - new Set(posts).size);
      } finally {
        ended.abort();
        await gateway.stop();
        await Promise.all(targets.map((target) => target.stop()));
      }
    }),
};

function configOf(ports: readonly number[]): object {
  const targets = ports.map((port) => ({ url: `http://127.0.0.1:${port}` }));
  const service = {
    discovery: { type: "static", targets },
    balancer: { type: "least-in-flight" },
    retry: { attemptsMax: 3, backoff: { baseMs: 5, maxMs: 50 } },
    outliers: { gatewayFailuresInARow: 3, ejectionMs: 500, ejectedShareMax: 0.34 },
    slowStartMs: 500,
  };
  return {
    version: 1,
    services: { api: service },
    routes: [{ id: "all", match: { path: "/r0/*" }, service: "api" }],
  };
}

/** Kills one after the other until told to stop. @returns how many were killed. */
async function killInTurn(
  targets: RunningProcess[],
  restart: (index: number) => Promise<RunningProcess>,
  ended: AbortSignal,
): Promise<number> {
  let kills = 0;
  for (; !ended.aborted; kills += 1) {
    const index = kills % targets.length;
    await Bun.sleep(killEveryMs / 2);
    const victim = targets[index];
    if (victim === undefined) throw new Error("there are no targets");
    process.kill(victim.pid, "SIGKILL");
    await victim.stop();
    await Bun.sleep(killEveryMs / 2);
    targets[index] = await restart(index);
  }
  return kills;
}

interface Result {
  readonly requests: number;
  readonly errorsOf: readonly number[];
  readonly p99Ms: number;
}

function figuresOf({ requests, errorsOf, p99Ms }: Result, kills: number, twice: number): readonly Figure[] {
  const isRepeatable = mix.map(({ method }) => method !== "POST");
  const share = isRepeatable.filter(Boolean).length / mix.length;
  const failed = errorsOf.reduce((sum, count, index) => sum + (isRepeatable[index] === true ? count : 0), 0);
  const failedPosts = errorsOf.reduce((sum, count) => sum + count, 0) - failed;
  return [
    { what: "requests", value: requests, unit: "" },
    { what: "targets killed", value: kills, unit: "" },
    { what: "requests that may be repeated and failed", value: failed, unit: "" },
    { what: "of them served", value: 100 * (1 - failed / (requests * share)), unit: "%", atLeast: 99.95 },
    { what: "POSTs that failed", value: failedPosts, unit: "" },
    { what: "POSTs that were sent twice", value: twice, unit: "", atMost: 0 },
    { what: "p99", value: p99Ms, unit: "ms" },
  ];
}
