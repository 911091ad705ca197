import { expect, test } from "bun:test";
import { UpgradeTurns } from "./upgrade-turns.ts";

test("of a thousand upgrades at once a few are made per turn, in their order, and a later one again at once", async () => {
  const turns: (() => void)[] = [];
  const upgrades = new UpgradeTurns((run) => turns.push(run));
  const made: number[] = [];
  for (let index = 0; index < 1000; index += 1) {
    const turn = upgrades.take();
    if (turn === null) made.push(index);
    else void turn.then(() => made.push(index));
  }
  const perTurn = made.length;
  expect(perTurn).toBeLessThan(100);
  for (let turn = 2; turns.length > 0; turn += 1) {
    turns.shift()?.();
    await Promise.resolve();
    expect(made.length).toBe(Math.min(1000, turn * perTurn));
  }
  expect(made).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  expect(upgrades.take()).toBeNull();
});

test("an upgrade that comes while others wait does not go before them", () => {
  const turns: (() => void)[] = [];
  const upgrades = new UpgradeTurns((run) => turns.push(run));
  for (let index = 0; index < 1000; index += 1) void upgrades.take();
  turns.shift()?.();
  expect(upgrades.take()).not.toBeNull();
});
