import { expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { startGatewayTo } from "../support/start-gateway.ts";

interface CaseResult {
  readonly id: string;
  readonly kind: "required" | "optimal" | "check";
  /** `true` if it passed; otherwise the kind of failure and the observation. */
  readonly result: unknown;
}

/** Required cases that are not passed, each with its reason. Every other one MUST pass. */
const notPassed: Readonly<Record<string, string>> = {
  "headers-store-Set-Cookie": "answers that set cookies are kept only where the config says so",
  "headers-store-Transfer-Encoding": "an answer with an unknown transfer coding is no valid answer: 502",
  "partial-use-headers": "parts of an answer are not kept",
  "partial-use-stored-headers": "parts of an answer are not kept",
  "interim-not-cached": "interim answers end at the gateway: Bun can send none",
};

const run = (script: string, ...args: readonly string[]) =>
  Bun.spawn(["node", "--no-warnings", fileURLToPath(new URL(script, import.meta.url)), ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
  });

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const { value } = await stream.getReader().read();
  return new TextDecoder().decode(value).trim();
}

const checkout = process.env["HTTP_CACHE_TESTS_DIR"];
const name = "the cache passes every required case of the public HTTP cache test suite but those named here";
const title =
  checkout === undefined
    ? `${name} (set HTTP_CACHE_TESTS_DIR to a checkout of http-tests/cache-tests to run it)`
    : name;

/** The suite of https://cache-tests.fyi, from the checkout that HTTP_CACHE_TESTS_DIR names. */
test.skipIf(checkout === undefined)(
  title,
  async () => {
    const origin = run("http-cache-tests/origin.mjs");
    try {
      const port = await firstLine(origin.stdout);
      await using gateway = await startGatewayTo(`http://127.0.0.1:${port}`, {
        policies: [{ type: "cache" }],
      });
      const client = run("http-cache-tests/client.mjs", gateway.url);
      const cases: CaseResult[] = JSON.parse(await new Response(client.stdout).text());
      const failed = (kind: CaseResult["kind"]) =>
        cases.filter((one) => one.kind === kind && one.result !== true).map(({ id }) => id);
      expect(failed("required").toSorted()).toEqual(Object.keys(notPassed).toSorted());
      expect(cases.filter(({ kind }) => kind === "required").length).toBeGreaterThan(150);
      // optional behaviour of a cache: no fewer than now
      expect(
        cases.filter(({ kind, result }) => kind === "optimal" && result === true).length,
      ).toBeGreaterThan(75);
    } finally {
      origin.kill();
    }
  },
  120_000,
);
