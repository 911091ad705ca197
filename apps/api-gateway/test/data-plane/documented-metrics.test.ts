import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

const docs = join(import.meta.dir, "../../../../docs");
const pages = ["observability.md", "services.md"];
const rows = (await Promise.all(pages.map((page) => Bun.file(join(docs, page)).text())))
  .flatMap((text) => text.split("\n"))
  .filter((line) => line.startsWith("|"));

/** Label names of each metric in the tables; values follow the colon. */
const documented = new Map(
  rows.flatMap((row) => {
    const [, names = "", labels = ""] = row.split("|");
    const found = [...(labels.split(":")[0] ?? "").matchAll(/`(\w+)`/g)].map(([, label]) => label);
    return [...names.matchAll(/`(cartway_\w+)`/g)].map(([, name = ""]) => [name, new Set(found)] as const);
  }),
);

/** A config that has every metric of routes and services. */
async function startBusyGateway(url: string) {
  const limit = { type: "rate-limit", by: ["ip"], limit: 1, windowMs: 60_000 };
  const tenant = { type: "tenant", header: "x-shop", known: ["acme"], anonymous: true };
  const policies = [
    tenant,
    limit,
    { type: "queue", concurrency: 1 },
    { type: "cache", defaultTtlSeconds: 60 },
  ];
  return await startGateway({
    services: {
      shop: serviceAt(url, {
        retry: { attemptsMax: 2 },
        hedge: {},
        breaker: { service: {}, target: {} },
        outliers: {},
        health: {},
      }),
    },
    routes: [
      { id: "shop", match: { path: "/shop/*" }, service: "shop", websocket: true, policies },
      {
        id: "gone",
        match: { path: "/gone" },
        policies: [{ type: "ip-rules", deny: ["0.0.0.0/0"] }, { type: "respond" }],
      },
      {
        id: "small",
        match: { path: "/small" },
        service: "shop",
        policies: [{ type: "compress", bytesMin: 0 }],
      },
    ],
    hub: { endpoints: [{ path: "/ws", authenticate: { anonymous: true } }] },
  });
}

describe("the documentation of metrics", () => {
  test("lists every metric of the gateway with its labels", async () => {
    await using upstream = startUpstream(
      () => new Response("a".repeat(2000), { headers: { "content-type": "text/plain" } }),
    );
    await using gateway = await startBusyGateway(upstream.url);
    const headers = { "x-shop": "acme" };
    for (const path of ["/shop/a", "/shop/a", "/gone", "/small", "/healthz", "/none"])
      await (await fetch(gateway.url + path, { headers })).arrayBuffer();
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    const names = [...text.matchAll(/^# TYPE (cartway_\w+)/gm)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => !documented.has(name))).toEqual([]);
    const wrong = [...text.matchAll(/^(cartway_\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? \S+$/gm)].flatMap(
      ([, name = "", given = ""]) => {
        const labels = [...given.matchAll(/(\w+)="/g)]
          .map(([, label]) => label)
          .filter((label) => label !== "le");
        const said = documented.get(name);
        return said === undefined || Bun.deepEquals(said, new Set(labels))
          ? []
          : [`${name} has ${labels.join(", ")}`];
      },
    );
    expect([...new Set(wrong)]).toEqual([]);
  });
});
