import { afterAll, describe, expect, test } from "bun:test";
import { InProcessLimiter, RedisLimiter } from "@libs/rate-limit";
import { serverSuiteName, serverUrl } from "@libs/testing";
import { Redis } from "ioredis";
import { type CreateLimiter, LoginThrottle } from "./login-throttle.ts";

const fail = (error: unknown): never => {
  throw error;
};

/** What holds wherever tries are counted. */
function describeThrottle(name: string, create: () => CreateLimiter): void {
  const triesOf = async (throttle: LoginThrottle, email: string, address: string, tries: number) => {
    let allowed = 0;
    for (let index = 0; index < tries; index += 1)
      if ((await throttle.take(email, address)).allowed) allowed += 1;
    return allowed;
  };

  test(`${name}: an account has five attempts from one address, in any notation`, async () => {
    const throttle = new LoginThrottle(create(), fail);
    expect(await triesOf(throttle, "ana@shop.test", "192.0.2.1", 3)).toBe(3);
    expect(await triesOf(throttle, " ANA@shop.test", "192.0.2.1", 10)).toBe(2);
    expect(await triesOf(throttle, "ana@shop.test", "192.0.2.2", 10)).toBe(5);
    expect(await throttle.take("ana@shop.test", "192.0.2.1")).toMatchObject({ allowed: false });
  });

  test(`${name}: an address has thirty attempts over all accounts`, async () => {
    const throttle = new LoginThrottle(create(), fail);
    let allowed = 0;
    for (let index = 0; index < 50; index += 1)
      allowed += await triesOf(throttle, `u${index}@shop.test`, "192.0.2.1", 1);
    expect(allowed).toBe(30);
  });

  test(`${name}: an IPv6 /64 counts as one address, and a mapped address as its IPv4 address`, async () => {
    const throttle = new LoginThrottle(create(), fail);
    let allowed = 0;
    for (let index = 0; index < 40; index += 1)
      allowed += await triesOf(throttle, `u${index}@shop.test`, `2001:db8::${index.toString(16)}`, 1);
    expect(allowed).toBe(30);
    expect(await triesOf(throttle, "ana@shop.test", "192.0.2.1", 5)).toBe(5);
    expect(await triesOf(throttle, "ana@shop.test", "::ffff:192.0.2.1", 1)).toBe(0);
  });

  test(`${name}: an account has fifty attempts from all addresses`, async () => {
    const throttle = new LoginThrottle(create(), fail);
    let allowed = 0;
    for (let index = 0; index < 60; index += 1)
      allowed += await triesOf(throttle, "ana@shop.test", `192.0.2.${index}`, 1);
    expect(allowed).toBe(50);
  });

  test(`${name}: concurrent attempts get no further than sequential ones`, async () => {
    const throttle = new LoginThrottle(create(), fail);
    const verdicts = await Promise.all(
      Array.from({ length: 40 }, () => throttle.take("ana@shop.test", "192.0.2.1")),
    );
    expect(verdicts.filter((verdict) => verdict.allowed).length).toBe(5);
  });

  test(`${name}: a success resets the account's count`, async () => {
    const throttle = new LoginThrottle(create(), fail);
    await triesOf(throttle, "ana@shop.test", "192.0.2.1", 5);
    await throttle.succeed("ana@shop.test", "192.0.2.1");
    expect(await triesOf(throttle, "ana@shop.test", "192.0.2.1", 10)).toBe(5);
  });
}

describeThrottle(
  "in process",
  () => (_, rates) => new InProcessLimiter({ rates, keysMax: 1000, monotonicNow: () => 0 }),
);

const url = serverUrl("redis");
describe.skipIf(url === null)(serverSuiteName("the login throttle", "redis"), () => {
  const redis = new Redis(url ?? "", { lazyConnect: true });
  afterAll(() => redis.disconnect());
  describeThrottle("on Redis", () => {
    const run = crypto.randomUUID();
    return (name, rates) => new RedisLimiter({ redis, rates, prefix: `test:${run}:${name}:` });
  });

  test("account names are not stored in Redis", async () => {
    const run = crypto.randomUUID();
    const throttle = new LoginThrottle(
      (name, rates) => new RedisLimiter({ redis, rates, prefix: `test:${run}:${name}:` }),
      fail,
    );
    await throttle.take("ana@shop.test", "192.0.2.1");
    const keys = await redis.keys(`test:${run}:*`);
    expect(keys.length).toBe(3);
    expect(keys.join()).not.toContain("ana");
    await throttle.close();
  });
});

test("a login succeeds although its attempts cannot be reset in an unavailable store, and the error is reported", async () => {
  const errors: unknown[] = [];
  const createLimiter: CreateLimiter = (_name, rates) => {
    const limiter = new InProcessLimiter({ rates, keysMax: 10, monotonicNow: () => 0 });
    return Object.assign(limiter, { reset: () => Promise.reject(new Error("the store is away")) });
  };
  const throttle = new LoginThrottle(createLimiter, (error) => void errors.push(error));
  await throttle.succeed("ana@shop.test", "192.0.2.1");
  expect(errors).toHaveLength(2);
  expect(throttle.reset({ email: "ana@shop.test", address: null })).rejects.toThrow("the store is away");
});
