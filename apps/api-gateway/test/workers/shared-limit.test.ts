import { describe, expect, test } from "bun:test";
import { serverSuiteName, serverUrl } from "@libs/testing";
import { startWorkers } from "./start-workers.ts";

const redisUrl = serverUrl("redis");
const limit = 100;
/** Long enough that nothing grows back while the test runs. */
const windowMs = 2_678_400_000;

describe.skipIf(redisUrl === null || process.platform !== "linux")(
  serverSuiteName("two workers with one limit", "redis"),
  () => {
    test("workers together admit exactly the limit", async () => {
      const by = [{ header: "x-caller" }];
      const policy = {
        type: "rate-limit",
        by,
        limit,
        windowMs,
        store: "redis",
        onStoreError: "deny",
        storeTimeoutMs: 10_000,
      };
      await using workers = await startWorkers({
        config: {
          routes: [{ id: "a", match: { path: "/a" }, policies: [policy, { type: "respond", status: 200 }] }],
        },
        env: { REDIS_URL: redisUrl ?? "" },
      });
      const headers = { "x-caller": crypto.randomUUID() };
      const asked = Array.from({ length: 150 }, () =>
        fetch(`${workers.url}/a`, { headers, keepalive: false }),
      );
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(limit);
      expect(statuses.filter((status) => status === 429)).toHaveLength(50);
      const counts = await (await workers.admin("/routes?worker=all")).text();
      expect(counts.match(/"worker":/g)).toHaveLength(2);
    }, 90_000);
  },
);
