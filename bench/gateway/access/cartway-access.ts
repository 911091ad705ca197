import { join } from "node:path";
import { buildApp } from "@libs/testing";
import type { Place } from "../measure.ts";
import type { AccessJob } from "./access-job.ts";
import type { AccessPeer } from "./access-peer.ts";

type LimitStore = "in-process" | "redis" | "redis-leases";

export function cartwayAccess(store: LimitStore): AccessPeer {
  return {
    name: store === "in-process" ? "Cartway" : `Cartway ${store}`,
    missing: ({ redisUrl }) =>
      store !== "in-process" && redisUrl === null ? "apt-get install redis-server" : null,
    async prepare(job, place) {
      const file = join(place.directory, "gateway.json");
      await Bun.write(file, JSON.stringify(gatewayConfig(job, place, store)));
      const redis = store === "in-process" ? [] : [`REDIS_URL=${job.redisUrl}`];
      return [
        "env",
        ...redis,
        process.execPath,
        await buildApp("api-gateway"),
        "--config",
        file,
        "--port",
        String(place.port),
        "--no-admin",
      ];
    },
  };
}

function gatewayConfig(job: AccessJob, { upstreamPort }: Place, store: LimitStore): object {
  const key = { file: job.keyFile };
  const { requests, windowMs } = job.limit;
  const identity = {
    type: "jwt",
    issuer: job.issuer,
    audience: job.audience,
    algorithms: [job.algorithm],
    ...(job.algorithm === "HS256" ? { secret: key } : { publicKey: key }),
  };
  const limit = {
    type: "rate-limit",
    by: ["user"],
    limit: requests,
    windowMs,
    headers: "none",
    store,
    ...(store === "in-process" ? {} : { onStoreError: "deny" }),
  };
  return {
    version: 1,
    identity: { shop: identity },
    services: {
      upstream: { discovery: { type: "static", targets: [{ url: `http://127.0.0.1:${upstreamPort}` }] } },
    },
    routes: [
      {
        id: "r0",
        match: { path: "/r0/*" },
        service: "upstream",
        policies: [{ type: "authenticate", with: ["shop"] }, limit],
      },
    ],
  };
}
