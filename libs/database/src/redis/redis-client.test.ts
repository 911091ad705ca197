import { describe, expect, test } from "bun:test";
import { freePort, serverSuiteName, serverUrl } from "@libs/testing";
import { RedisClient } from "./redis-client.ts";

const url = serverUrl("redis");

describe.skipIf(url === null)(serverSuiteName("Redis client", "redis"), () => {
  test("it connects, runs commands, reports that it is up, and closes", async () => {
    const redis = new RedisClient(url ?? "");
    await redis.connect();
    const key = `test:${crypto.randomUUID()}`;
    await redis.run((driver) => driver.set(key, "value", "EX", 10));
    expect(await redis.run((driver) => driver.get(key))).toBe("value");
    expect((await redis.health()).status).toBe("up");
    await redis.close();
  });

  test("an error of Redis is passed on unchanged", async () => {
    const redis = new RedisClient(url ?? "");
    await redis.connect();
    const key = `test:${crypto.randomUUID()}`;
    await redis.run((driver) => driver.set(key, "text", "EX", 10));
    await expect(redis.run((driver) => driver.lpush(key, "x"))).rejects.toThrow("WRONGTYPE");
    await redis.close();
  });
});

test("without a server every command fails at once as store_unavailable, and closing still works", async () => {
  const redis = new RedisClient(`redis://127.0.0.1:${await freePort()}`);
  await expect(redis.connect(100)).rejects.toMatchObject({
    code: "store_unavailable",
    cause: { code: "ECONNREFUSED" },
  });
  await expect(redis.run((driver) => driver.get("x"))).rejects.toMatchObject({ code: "store_unavailable" });
  expect((await redis.health()).status).toBe("down");
  await redis.close();
});
