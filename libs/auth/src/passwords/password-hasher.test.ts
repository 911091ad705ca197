import { expect, spyOn, test } from "bun:test";
import { PasswordHasher } from "./password-hasher.ts";

const costs = { memoryKib: 1024, passes: 1, concurrencyMax: 1, waitingMax: 2 };

test("a hash is argon2id with the configured costs, and verifies its password only", async () => {
  const hasher = new PasswordHasher(costs);
  const hash = await hasher.hash("a fine password");
  expect(hash).toStartWith("$argon2id$v=19$m=1024,t=1,p=1$");
  expect(await hasher.verify("a fine password", hash)).toBe(true);
  expect(await hasher.verify("a fine passwore", hash)).toBe(false);
  expect(hasher.isOutdated(hash)).toBe(false);
  expect(new PasswordHasher({ ...costs, passes: 2 }).isOutdated(hash)).toBe(true);
});

test("without a hash the password is compared with a decoy of the same costs, and never matches", async () => {
  const hasher = new PasswordHasher(costs);
  expect(await hasher.verify("anything", null)).toBe(false);
  expect(await hasher.verify("anything", null)).toBe(false);
});

test("concurrent hashes wait in a short queue, and are refused beyond it", async () => {
  const hasher = new PasswordHasher(costs);
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => hasher.hash("a fine password")));
  expect(outcomes.map((outcome) => outcome.status === "fulfilled")).toEqual([
    true,
    true,
    true,
    ...Array(7).fill(false),
  ]);
  expect(outcomes.at(-1)).toMatchObject({ reason: { code: "overloaded" } });
  expect(await hasher.hash("a fine password")).toStartWith("$argon2id");
});

test("a call that arrives between the end of one hash and the start of the next does not exceed the bound", async () => {
  const hasher = new PasswordHasher({ ...costs, waitingMax: 100 });
  const bun = spyOn(Bun.password, "hash");
  let [running, most] = [0, 0];
  bun.mockImplementation(async () => {
    most = Math.max(most, (running += 1));
    await Promise.resolve();
    running -= 1;
    return "hash";
  });
  const all = [hasher.hash("first"), hasher.hash("second")];
  // one newcomer in each turn of the loop of promises: some come just when a place is free
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
    all.push(hasher.hash("newcomer"));
  }
  await Promise.all(all);
  bun.mockRestore();
  expect(most).toBe(1);
});

test("a decoy that could not be hashed for lack of room is created later, and known accounts need none", async () => {
  const hasher = new PasswordHasher({ ...costs, waitingMax: 0 });
  const hash = await hasher.hash("a fine password");
  const busy = hasher.hash("another password");
  await expect(hasher.verify("anything", null)).rejects.toMatchObject({ code: "overloaded" });
  await busy;
  expect(await hasher.verify("a fine password", hash)).toBe(true);
  expect(await hasher.verify("anything", null)).toBe(false);
});
