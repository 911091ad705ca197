import { type Subject } from "./measure.ts";
import { cartway, cartwayConfig } from "./peers/cartway.ts";

/** Each policy separately, on a request that it lets pass: its cost when it refuses nothing. */
const policies: Readonly<Record<string, readonly object[]>> = {
  "no policy": [],
  "ip-rules": [{ type: "ip-rules", allow: ["127.0.0.0/8", "10.0.0.0/8"], deny: ["10.1.0.0/16"] }],
  cors: [{ type: "cors", origins: ["https://shop.example"] }],
  "rate-limit by ip": [{ type: "rate-limit", by: ["ip"], limit: 1_000_000_000, windowMs: 1000 }],
  tenant: [{ type: "tenant", header: "x-shop", known: ["one"], required: false, anonymous: true }],
  queue: [{ type: "queue", concurrency: 1000 }],
  transform: [
    {
      type: "transform",
      request: { set: { "x-shop": "one", "x-route": "{request.id}" } },
      response: { remove: ["server"] },
    },
  ],
  "security-headers": [{ type: "security-headers" }],
  csrf: [{ type: "csrf" }],
  "error-pages": [{ type: "error-pages", html: { any: { text: "{error.code}" } } }],
  "request-validation": [
    { type: "request-validation", query: { type: "object", properties: { page: { type: "string" } } } },
  ],
  "compress (too small)": [{ type: "compress" }],
  "cache (a miss each time)": [{ type: "cache" }],
  canary: [{ type: "canary", service: "next", percent: 50, by: ["ip"] }],
  "canary that may roll back": [{ type: "canary", service: "next", percent: 50, by: ["ip"], rollback: {} }],
  mirror: [{ type: "mirror", service: "next", inFlightMax: 1000 }],
  respond: [{ type: "respond", body: '{"id":"c-1"}' }],
};

/** A second service with the same targets, for policies that need one. */
function withSecond(services: object): object {
  const [first]: object[] = Object.values(services);
  return { ...services, next: first };
}

/** One gateway per policy. */
export function policySubjects(): readonly Subject[] {
  return Object.entries(policies).map(([name, list]) => ({
    name,
    missing: () => null,
    async command(place) {
      const job = { ...place, routes: 1, workers: 1 };
      const command = await cartway.prepare(job);
      const config = cartwayConfig(job);
      const routes = config.routes.map((route) => ({ ...route, policies: list }));
      const services = withSecond(config.services);
      await Bun.write(`${place.directory}/gateway.json`, JSON.stringify({ ...config, services, routes }));
      return command;
    },
  }));
}
