import { expect, test } from "bun:test";
import { TargetMemory } from "./target-memory.ts";

const memory = () => new TargetMemory<{ readonly of: string }>();
const enter = (targets: ReturnType<typeof memory>, key: string) => targets.enter(key, () => ({ of: key }));

test("all who have a target share what is known of it", () => {
  const targets = memory();
  const one = enter(targets, "a");
  expect(enter(targets, "a")).toBe(one);
  targets.leave("a");
  expect(targets.present()).toEqual([one]);
  targets.leave("a");
  expect(targets.present()).toEqual([]);
});

test("a target that went and comes back is the same as before: flapping does not wash it clean", () => {
  const targets = memory();
  const one = enter(targets, "a");
  targets.leave("a");
  expect(enter(targets, "a")).toBe(one);
  expect(targets.present()).toEqual([one]);
});

test("of targets that went the last thousand are remembered, whatever comes and goes", () => {
  const targets = memory();
  const stays = enter(targets, "stays");
  const gone = Array.from({ length: 1001 }, (_, index) => enter(targets, `t${index}`));
  for (const { of } of gone) targets.leave(of);
  expect(gone).not.toContain(enter(targets, "t0"));
  expect(gone).toContain(enter(targets, "t1"));
  expect(enter(targets, "stays")).toBe(stays);
});

test("what nobody has is left without harm", () => {
  const targets = memory();
  targets.leave("never");
  expect(targets.present()).toEqual([]);
});
