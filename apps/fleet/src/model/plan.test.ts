import { expect, test } from "bun:test";
import { assert, jsonValue, property } from "fast-check";
import { canonicalJson, hashPlan, type Plan } from "./plan.ts";

const plan: Plan = {
  sessionId: "s",
  customerId: "c",
  deviceId: "d",
  reason: "slow",
  requestedBy: "ana",
  fourEyes: false,
  approvalExpiresAt: "2026-11-21T10:00:00.000Z",
  commands: [
    {
      id: "1",
      kind: "restart_service",
      version: 1,
      parameters: { service: "till" },
      risk: "medium",
      priority: 5,
      attemptsMax: 5,
      deadlineAt: "2026-11-22T10:00:00.000Z",
    },
  ],
};
const [command] = plan.commands;

test("canonical JSON keeps the value, and does not depend on the order of members", () => {
  assert(
    property(jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(reversed(value))).toBe(text);
    }),
  );
});

test("any difference in a plan changes its hash", () => {
  const others: readonly Plan[] = [
    { ...plan, reason: "fast" },
    { ...plan, requestedBy: "ben" },
    { ...plan, deviceId: "e" },
    { ...plan, fourEyes: true },
    { ...plan, approvalExpiresAt: null },
    { ...plan, commands: [] },
    { ...plan, commands: plan.commands.map((one) => ({ ...one, parameters: { service: "tills" } })) },
    { ...plan, commands: plan.commands.map((one) => ({ ...one, attemptsMax: 6 })) },
    { ...plan, commands: command === undefined ? [] : [command, command] },
  ];
  expect(new Set([plan, ...others].map(hashPlan)).size).toBe(others.length + 1);
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reversed(member)]),
  );
}
