import { expect, test } from "bun:test";
import { TargetMemory } from "./target-memory.ts";

const memory = () => new TargetMemory<{ readonly of: string }>();
const enter = (targets: ReturnType<typeof memory>, key: string) => targets.enter(key, () => ({ of: key }));

test("all users of a target share its state", () => {
  const targets = memory();
  const one = enter(targets, "a");
  expect(enter(targets, "a")).toBe(one);
  targets.leave("a");
  expect(targets.inUse()).toEqual([one]);
  targets.leave("a");
  expect(targets.inUse()).toEqual([]);
});

test("a target that is removed and returns keeps its state", () => {
  const targets = memory();
  const one = enter(targets, "a");
  targets.leave("a");
  expect(enter(targets, "a")).toBe(one);
  expect(targets.inUse()).toEqual([one]);
});

test("the state of the last thousand removed targets is kept", () => {
  const targets = memory();
  const stays = enter(targets, "stays");
  const gone = Array.from({ length: 1001 }, (_, index) => enter(targets, `t${index}`));
  for (const { of } of gone) targets.leave(of);
  expect(gone).not.toContain(enter(targets, "t0"));
  expect(gone).toContain(enter(targets, "t1"));
  expect(enter(targets, "stays")).toBe(stays);
});

test("releasing an unused target is harmless", () => {
  const targets = memory();
  targets.leave("never");
  expect(targets.inUse()).toEqual([]);
});
