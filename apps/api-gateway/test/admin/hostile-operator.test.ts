import { afterAll, describe, expect, test } from "bun:test";
import { startAdminGatewayWithUsers } from "./start-admin.ts";

const admin = await startAdminGatewayWithUsers({
  identity: { platform: { type: "local" } },
  hub: { endpoints: [{ path: "/ws", authenticate: { anonymous: true } }] },
  routes: [{ id: "known", match: { path: "/known" }, policies: [{ type: "respond", body: "{}" }] }],
});
afterAll(() => admin[Symbol.asyncDispose]());

const described: Readonly<Record<string, Readonly<Record<string, unknown>>>> = (
  await admin.ask("GET", "/swagger/json")
).body.paths;
const verbs = Object.entries(described).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
);

const fields = [
  "target",
  "frame",
  "email",
  "password",
  "roles",
  "name",
  "owner",
  "limit",
  "key",
  "route",
  "url",
];
const all = (value: unknown) => JSON.stringify(Object.fromEntries(fields.map((field) => [field, value])));
const bodies: readonly (string | Uint8Array<ArrayBuffer>)[] = [
  "",
  "{nope",
  "[]",
  "null",
  "1",
  '"x"',
  "{}",
  all(5),
  all([{}]),
  all("a\u0000b"),
  all({ by: "user", id: "\u0000", type: "\u0000" }),
  all("x").replaceAll('"x"', '"\\ud800"'),
  all("x".repeat(2_000_000)),
  '{"__proto__":{"a":1},"constructor":{"prototype":{}}}',
  "[".repeat(50_000) + "]".repeat(50_000),
  new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
];
const ids = [
  "unknown",
  "urn:uuid:00000000-0000-7000-8000-000000000000",
  "00000000-0000-7000-8000-000000000000",
  "..%2f..",
  "%00",
  "%ff",
  "a".repeat(5000),
];
const queries = [
  "limit=-1",
  "limit=x",
  "limit=1e9",
  "after=%00",
  "after=urn:uuid:00000000-0000-7000-8000-000000000000",
  "windowMs=x",
  "waitMs=-5",
  "channel=",
  "id=%ff",
].concat([
  "url=http://[",
  "limit=known&key=%00",
  "email=x&address=%00",
  `prefix=${"p".repeat(9000)}`,
  "limit=2&limit=3",
]);

/** What is wrong with an answer; `null` for none. */
async function faultOf(path: string, request: RequestInit): Promise<string | null> {
  const headers = { authorization: `Bearer ${admin.token}`, "content-type": "application/json" };
  const answer = await fetch(admin.adminUrl + path, { headers, ...request });
  const text = await answer.text();
  if (answer.status < 400) return null;
  const { error } = JSON.parse(text);
  const isEnvelope = [error?.code, error?.message, error?.requestId].every(
    (part) => typeof part === "string",
  );
  // a gateway without a config file cannot reload
  const isAnswered = answer.status < 500 || error?.code === "not_implemented";
  return isEnvelope && isAnswered ? null : `${request.method} ${path.slice(0, 80)}: ${answer.status} ${text}`;
}

async function faultsOf(requests: readonly (readonly [string, RequestInit])[]): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const [path, request] of requests) {
    const fault = await faultOf(path, request);
    if (fault !== null) faults.push(fault);
  }
  return faults;
}

describe("for any input of an operator, refusals are in the envelope and nothing fails:", () => {
  test.each(verbs)(
    "$method $path",
    async ({ method, path }) => {
      const paths = path.includes("{") ? ids.map((id) => path.replace(/\{\w+\}/, id)) : [path];
      const requests = paths.flatMap((at): (readonly [string, RequestInit])[] =>
        method === "GET"
          ? queries.map((query) => [`${at}?${query}`, { method }])
          : bodies.map((body) => [at, { method, body }]),
      );
      requests.push([paths[0] ?? "", { method: "PUT", body: "{}" }]);
      expect(await faultsOf(requests)).toEqual([]);
    },
    60_000,
  );
});

test("a body that is not an object starts no watch", async () => {
  for (const body of ["[]", "null", "1"])
    expect([body, (await admin.ask("POST", "/watch", body)).status]).toEqual([body, 422]);
  expect((await admin.ask("POST", "/watch", "{}")).status).toBe(202);
});

test("a config that is nested too deeply is reported as such", async () => {
  const { body } = await admin.ask("POST", "/config/validate", "[".repeat(50_000));
  expect(body).toMatchObject({ isValid: false, issues: [{ message: "it is nested too deeply" }] });
});
