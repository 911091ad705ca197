import { afterEach, beforeEach, expect, test } from "bun:test";
import { createTestKey, type TestKey } from "../../test/forge-token.ts";
import { createFetchJson } from "./fetch-json.ts";
import { type JwksFetch, RemoteJwks } from "./remote-jwks.ts";

/** A key server of its own, on a real socket. */
class KeyServer {
  readonly #server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => this.#answer() });
  keys: readonly TestKey[] = [];
  requests = 0;
  respond: (() => Response) | null = null;

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}/jwks`;
  }

  async stop(): Promise<void> {
    await this.#server.stop(true);
  }

  #answer(): Response {
    this.requests += 1;
    return this.respond?.() ?? Response.json({ keys: this.keys.map((key) => key.jwk) });
  }
}

const first = createTestKey("first");
const second = createTestKey("second");
let server = new KeyServer();
let time = 0;
let fetches: JwksFetch[] = [];

function createJwks(): RemoteJwks {
  return new RemoteJwks({
    url: () => server.url,
    algorithms: ["ES256"],
    fetchJson: createFetchJson({ fetch, timeoutMs: 2000, bodyBytesMax: 65_536 }),
    now: () => time,
    refreshMs: 300_000,
    staleIfErrorMs: 3_600_000,
    cooldownMs: 10_000,
    onFetch: (outcome) => fetches.push(outcome),
  });
}

beforeEach(() => {
  server = new KeyServer();
  server.keys = [first];
  time = 1_000_000;
  fetches = [];
});
afterEach(() => server.stop());

test("fifty concurrent tokens cause one fetch, and later ones none", async () => {
  const jwks = createJwks();
  const found = await Promise.all(Array.from({ length: 50 }, async () => jwks.find("first")));
  expect(found.every((lookup) => lookup.found)).toBe(true);
  expect(jwks.find("first")).toMatchObject({ found: true });
  expect(server.requests).toBe(1);
});

test("a rotation is noticed with its first token", async () => {
  const jwks = createJwks();
  await jwks.find("first");
  server.keys = [first, second];
  expect(await jwks.find("second")).toMatchObject({ found: true });
  expect(jwks.generation).toBe(0);
  server.keys = [second];
  await jwks.refresh();
  expect(jwks.generation).toBe(1);
  expect(await jwks.find("first")).toEqual({ found: false, reason: "unknown_key" });
});

test("a key that changes under the same id counts as withdrawn", async () => {
  const jwks = createJwks();
  await jwks.find("first");
  server.keys = [createTestKey("first")];
  await jwks.refresh();
  expect(jwks.generation).toBe(1);
});

test("a withdrawn key is noticed even if all tokens are cached", async () => {
  const jwks = createJwks();
  expect(jwks.generation).toBe(0);
  expect(server.requests).toBe(0);
  await jwks.find("first");
  server.keys = [second];
  expect(jwks.generation).toBe(0);
  time += 300_001;
  expect(jwks.generation).toBe(0);
  // the fetch that this has caused
  await jwks.refresh();
  expect(jwks.generation).toBe(1);
  expect(server.requests).toBe(2);
});

test("tokens verified with keys past their age are verified again, once per outage", async () => {
  const jwks = createJwks();
  await jwks.find("first");
  server.respond = () => new Response("down", { status: 500 });
  time += 3_600_000;
  expect(jwks.generation).toBe(0);
  time += 1;
  expect(jwks.generation).toBe(1);
  await jwks.refresh();
  expect(jwks.generation).toBe(1);
  server.respond = null;
  await jwks.refresh();
  expect(jwks.generation).toBe(1);
  expect(jwks.find("first")).toMatchObject({ found: true });
});

test("a flood of unknown key ids causes four fetches, then one per cooldown", async () => {
  const jwks = createJwks();
  await jwks.find("first");
  for (let index = 0; index < 200; index += 1) await jwks.find(`made-up-${index}`);
  expect(server.requests).toBe(5);
  time += 10_000;
  await jwks.find("again");
  await jwks.find("and again");
  expect(server.requests).toBe(6);
});

test("a key set past its age is fetched in the background", async () => {
  const jwks = createJwks();
  await jwks.find("first");
  time += 300_001;
  server.keys = [first, second];
  expect(jwks.find("first")).toMatchObject({ found: true });
  await jwks.refresh();
  expect(server.requests).toBe(2);
  expect(jwks.find("second")).toMatchObject({ found: true });
});

test("a clock that is set back prolongs no key set, and delays no rotation", async () => {
  const jwks = createJwks();
  await jwks.refresh();
  for (let knock = 0; knock < 6; knock += 1) await jwks.find(`stranger ${knock}`);
  time -= 500_000;
  server.keys = [second];
  expect(await jwks.find("first")).toEqual({ found: false, reason: "unknown_key" });
  await jwks.find("stranger");
  time += 10_000;
  server.keys = [second, first];
  expect(await jwks.find("first")).toMatchObject({ found: true });
});

test("through an outage the last good set is used for the configured time, and no longer", async () => {
  const jwks = createJwks();
  await jwks.find("first");
  server.respond = () => new Response("down", { status: 500 });
  time += 3_600_000;
  expect(jwks.find("first")).toMatchObject({ found: true });
  await jwks.refresh();
  expect(await jwks.find("second")).toEqual({ found: false, reason: "unavailable" });
  time += 1001;
  expect(await jwks.find("first")).toEqual({ found: false, reason: "unavailable" });
  time += 1000;
  server.respond = null;
  expect(await jwks.find("first")).toMatchObject({ found: true });
});

test("a failing server is called once a second", async () => {
  server.respond = () => new Response(null, { status: 503 });
  const jwks = createJwks();
  for (let index = 0; index < 100; index += 1) {
    expect(await jwks.find("first")).toEqual({ found: false, reason: "unavailable" });
  }
  expect(server.requests).toBe(1);
});

const unusable: readonly (readonly [string, () => Response, string])[] = [
  ["a redirect", () => Response.redirect("http://127.0.0.1:1/", 302), ""],
  ["no JSON", () => new Response("<html>"), ""],
  ["a list", () => Response.json([]), "no JSON object"],
  ["no key set", () => Response.json({ error: "x" }), "no JWK Set"],
  ["a set without a usable key", () => Response.json({ keys: [{ kty: "oct", k: "AA" }, 7] }), "no key for"],
  ["too much", () => Response.json({ keys: [], pad: "x".repeat(70_000) }), "more than"],
  ["nothing", () => new Response(null, { status: 204 }), "204"],
];
test.each(unusable.map(([name, respond, message]) => ({ name, respond, message })))(
  "$name is not a key set, and the last good one is kept",
  async ({ respond, message }) => {
    const jwks = createJwks();
    await jwks.find("first");
    server.respond = respond;
    expect(await jwks.refresh()).toBe(false);
    expect(fetches.at(-1)).toMatchObject({
      outcome: "failed",
      error: { message: expect.stringContaining(message) },
    });
    expect(jwks.find("first")).toMatchObject({ found: true });
  },
);

test("a server that does not respond is given up in time", async () => {
  server.respond = null;
  const jwks = new RemoteJwks({
    url: () => server.url,
    algorithms: ["ES256"],
    fetchJson: createFetchJson({
      fetch: (_, init) =>
        new Promise((_resolve, reject) => {
          init.signal?.addEventListener("abort", () => reject(new Error("given up")));
        }),
      timeoutMs: 5,
      bodyBytesMax: 10,
    }),
    now: () => time,
    refreshMs: 1,
    staleIfErrorMs: 1,
    cooldownMs: 1,
  });
  expect(await jwks.find("first")).toEqual({ found: false, reason: "unavailable" });
});
