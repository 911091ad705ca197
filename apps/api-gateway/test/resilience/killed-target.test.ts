import { expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory, freePort, type SpawnedProcess, spawnScript } from "@libs/testing";
import { serviceAt, startGateway } from "../support/start-gateway.ts";

const script = join(import.meta.dir, "../support/upstreams/counting-target.ts");
const clients = 24;
const kills = 3;
const methods = ["GET", "GET", "GET", "PUT", "POST", "DELETE"] as const;

interface Sent {
  readonly id: string;
  readonly method: string;
  readonly status: number;
}

async function send(url: string, id: string, method: string): Promise<Sent> {
  const body = method === "PUT" || method === "POST" ? { body: `of ${id}` } : {};
  const answer = await fetch(url, { method, headers: { "x-test-id": id }, ...body });
  const text = await answer.text();
  if (answer.ok && text !== id) throw new Error(`${id} was answered with ${text}`);
  return { id, method, status: answer.status };
}

/** Requests of all methods, one after the other, until the signal. */
async function load(url: string, client: number, ended: AbortSignal): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let number = 0; !ended.aborted; number += 1) {
    const method = methods[(client + number) % methods.length] ?? "GET";
    sent.push(await send(url, `${client}-${number}`, method));
  }
  return sent;
}

test("while one of three targets is repeatedly killed and restarted, nearly every idempotent request succeeds, and no other request runs twice", async () => {
  await using directory = await createTemporaryDirectory();
  const file = `${directory.path}/seen`;
  const ports = [await freePort(), await freePort(), await freePort()];
  const startTarget = async (port: number): Promise<SpawnedProcess> => {
    const target = spawnScript(script, [`${port}`, file]);
    await target.lines.next();
    return target;
  };
  const targets = await Promise.all(ports.map(startTarget));
  await using gateway = await startGateway({
    services: {
      api: serviceAt(
        ports.map((port) => `http://127.0.0.1:${port}`),
        {
          balancer: { type: "least-in-flight" },
          retry: { attemptsMax: 3, backoff: { baseMs: 5, maxMs: 50 } },
          outliers: { gatewayFailuresInARow: 3, ejectionMs: 200, ejectedShareMax: 0.34 },
          slowStartMs: 200,
        },
      ),
    },
    routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
  });
  const ended = new AbortController();
  const loads = Array.from({ length: clients }, (_, client) => load(gateway.url, client, ended.signal));
  for (let kill = 0; kill < kills; kill += 1) {
    const victim = kill % targets.length;
    await Bun.sleep(700);
    targets[victim]?.kill("SIGKILL");
    await targets[victim]?.exited;
    await Bun.sleep(500);
    targets[victim] = await startTarget(ports[victim] ?? 0);
  }
  await Bun.sleep(500);
  ended.abort();
  const sent = (await Promise.all(loads)).flat();
  for (const target of targets) await target[Symbol.asyncDispose]();

  const repeatable = sent.filter(({ method }) => method !== "POST");
  const failed = repeatable.filter(({ status }) => status !== 200);
  expect(repeatable.length).toBeGreaterThan(200);
  expect(1 - failed.length / repeatable.length).toBeGreaterThanOrEqual(0.9995);

  const seen = (await Bun.file(file).text()).trim().split("\n");
  const posts = seen.filter((line) => line.startsWith("POST "));
  expect(new Set(posts).size).toBe(posts.length);
  // Answered requests were executed, and are those that the client sent.
  const done = new Set(seen);
  expect(sent.filter(({ id, method, status }) => status === 200 && !done.has(`${method} ${id}`))).toEqual([]);
}, 60_000);
