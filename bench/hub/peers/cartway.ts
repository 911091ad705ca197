import { join } from "node:path";
import { buildApp } from "@libs/testing";
import { signToken } from "../hold-connections.ts";
import type { HubJob, HubPeer } from "../peer.ts";

const secret = "a secret of the bench alone, 32 bytes";
const issuer = "https://bench.invalid";

/** Optional settings of the gateway under test. */
export interface CartwayOptions {
  /** `coalesceMs` of the held rooms; default 0. */
  readonly coalesceMs?: number;
  /** Counts every event against its caller's budget, which is never exhausted. */
  readonly limitsFrames?: boolean;
}

export async function prepareCartway(
  { port, directory, servicePort, workers = 1 }: HubJob,
  options: CartwayOptions = {},
): Promise<readonly string[]> {
  const file = join(directory, "hub.json");
  const key = join(directory, "secret");
  await Bun.write(key, secret);
  await Bun.write(file, JSON.stringify(config(servicePort, key, options)));
  const place = ["--port", String(port), "--workers", String(workers), "--no-admin"];
  return [process.execPath, await buildApp("api-gateway"), "--config", file, ...place];
}

/** The whole gateway: config, limits, metrics and id conflict checks; events go to a service in batches. */
export const cartway: HubPeer = {
  name: "Cartway",
  missing: () => null,
  prepare: (job) => prepareCartway(job),
  async publish(port) {
    const response = await fetch(`http://127.0.0.1:${port}/hub/publish`, {
      method: "POST",
      headers: { authorization: `Bearer ${benchToken("bench")}` },
      body: JSON.stringify({ channel: "room:all", frame: { type: "tick", payload: { at: Date.now() } } }),
    });
    if (!response.ok) throw new Error(`publishing answered ${response.status}: ${await response.text()}`);
  },
  wire: {
    path: "/ws",
    greet(socket, done) {
      return (data) => {
        if (data.startsWith('{"type":"welcome"'))
          socket.send('{"type":"join_room","id":"join","payload":{"room":"all"}}');
        else if (data === '{"type":"ack","id":"join"}') done();
      };
    },
    event: (number, payload) => `{"type":"cart_event","id":"e-${number}","payload":${payload}}`,
    isAck: (data) => data.startsWith('{"type":"ack","id":"e-'),
    isTick: (data) => data.includes('"type":"tick"'),
  },
};

function config(
  servicePort: number,
  secretFile: string,
  { coalesceMs = 0, limitsFrames = false }: CartwayOptions,
): object {
  const rate = { perSec: 1_000_000, burst: 1_000_000 };
  const batch = { max: 500, waitMs: 2 };
  return {
    version: 1,
    identity: {
      bench: { type: "jwt", issuer, audience: "bench", algorithms: ["HS256"], secret: { file: secretFile } },
    },
    services: {
      events: { discovery: { type: "static", targets: [{ url: `http://127.0.0.1:${servicePort}` }] } },
    },
    hub: {
      endpoints: [
        {
          path: "/ws",
          authenticate: { anonymous: true },
          messages: { cart_event: { service: "events", path: "/events", ack: "received", batch } },
          rooms: { pattern: "{any}" },
          rate,
          ...(limitsFrames ? { frameLimit: { by: ["ip"], limit: 1e9, windowMs: 1000 } } : {}),
        },
        {
          path: "/held",
          authenticate: { with: ["bench"] },
          rooms: [{ pattern: "cart:{sessionId}" }, { pattern: "shop:{any}", coalesceMs }],
          roomsMax: 10_000,
        },
      ],
      limits: { connectionsPerIp: 1_000_000 },
      publish: { with: ["bench"] },
    },
  };
}

export function benchToken(subject: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: "bench", sub: subject, scope: "hub:publish", iat: now, exp: now + 3600 };
  return signToken(claims, secret);
}

/** The same with `frameLimit`, to measure the cost of the limit. */
export const cartwayLimited: HubPeer = {
  ...cartway,
  name: "Cartway with frameLimit",
  prepare: (job) => prepareCartway(job, { limitsFrames: true }),
};
