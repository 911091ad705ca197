/**
 * One instance of the hub in a process of its own, for tests that kill it: argv is the port (0 takes a free one), the Redis URL
 * with its prefix, and the URL of the event service. Prints its port when it listens.
 */
import { openRedisBroker } from "@libs/messaging";
import { startHub } from "./start-hub.ts";

const [port = "0", redisUrl = "", prefix = "", serviceUrl = ""] = process.argv.slice(2);

const broker = await openRedisBroker({
  url: redisUrl,
  commandTimeoutMs: 1000,
  prefix,
  instanceLeaseMs: 1500,
  onError: () => undefined,
});
await new Promise<void>((resolve) => {
  if (broker.state === "up") resolve();
  broker.onState((state) => state === "up" && resolve());
});
const fixture = startHub({
  port: Number(port),
  broker,
  services: { ingestion: serviceUrl },
  hub: {
    endpoints: [
      {
        path: "/ws",
        authenticate: { with: ["platform"], anonymous: true },
        messages: { cart_event: { service: "ingestion", path: "/events", batch: { max: 200, waitMs: 2 } } },
        rooms: [
          { pattern: "cart:{sessionId}" },
          { pattern: "lobby:{any}", presence: true, recoverMax: 10_000 },
        ],
      },
    ],
    publish: { with: ["platform"] },
  },
});
await fixture.hub.start();
process.on("SIGTERM", () => {
  void fixture.hub.drain().then(() => process.exit(0));
});
process.stdout.write(`${fixture.port}\n`);
