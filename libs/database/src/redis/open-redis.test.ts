import { describe, expect, test } from "bun:test";
import { freePort, serverSuiteName, serverUrl } from "@libs/testing";
import { openRedis } from "./open-redis.ts";

const url = serverUrl("redis");

describe.skipIf(url === null)(serverSuiteName("opening Redis", "redis"), () => {
  test("gives a client that is ready", async () => {
    const redis = await openRedis(url ?? "");
    expect((await redis.health()).status).toBe("up");
    await redis.close();
  });
});

test("without a server it is refused as store_unavailable, with the cause", async () => {
  await expect(openRedis(`redis://127.0.0.1:${await freePort()}`, 100)).rejects.toMatchObject({
    code: "store_unavailable",
    cause: { code: "ECONNREFUSED" },
  });
});
