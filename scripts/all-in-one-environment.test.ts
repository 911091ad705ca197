import { expect, test } from "bun:test";
import { allInOneEnvironment, refusedVariables } from "../apps/all-in-one/src/environment.ts";
import type { EnvironmentVariable } from "../libs/elysia-server/src/index.ts";
import { readAppEnvironments } from "./app-environments.ts";

const read = (await readAppEnvironments())
  .entries()
  .flatMap(([app, table]) => Object.entries(table).map(([name, variable]) => ({ app, name, variable })));
const all = [...read];
const own: ReadonlyMap<string, EnvironmentVariable> = new Map(Object.entries(allInOneEnvironment));

/** Variables with another default in `npm start`, and why. */
const ownDefaults: Readonly<Record<string, string>> = {
  PORT: "each app has its own, and the gateway's is the one that is meant",
  HOST: "somebody's own machine: nobody else is to come in unasked",
  LOG_LEVEL: "the terminal is a person's",
  GATEWAY_CONFIG: "the platform's own",
  DATABASE_URL: "embedded where absent",
  CLICKHOUSE_URL: "embedded where absent",
  RECOVERY_IDLE_MS: "seconds, for the demo",
  RECOVERY_MESSAGES_PER_SHOPPER_MAX: "many, for the demo",
  RECOVERY_PROBABILITY_MIN: "for the demo",
  CART_ABANDONED_AFTER_MS: "for the demo",
};

test("what an app reads when it runs by itself holds in `npm start` too, or is refused there", () => {
  const missing = all.filter(({ name }) => !own.has(name) && !(name in refusedVariables));
  expect(missing).toEqual([]);
  expect(all.filter(({ name }) => own.has(name) && name in refusedVariables)).toEqual([]);
});

test("a variable takes the same values in `npm start`, and has the same default but where a reason says why not", () => {
  for (const { app, name, variable } of all) {
    const here = own.get(name);
    if (here === undefined) continue;
    expect([app, name, rulesOf(here)]).toEqual([app, name, rulesOf(variable)]);
    const same = Bun.deepEquals(absentOf(here), absentOf(variable));
    expect([app, name, same || name in ownDefaults]).toEqual([app, name, true]);
  }
});

test("what is refused is still read by some app", () => {
  const names = new Set(all.map(({ name }) => name));
  expect(Object.keys(refusedVariables).filter((name) => !names.has(name))).toEqual([]);
});

/** The accepted values. */
function rulesOf({ description: _told, example: _example, ...variable }: EnvironmentVariable) {
  return Object.fromEntries(
    Object.entries(variable).filter(([rule]) => rule !== "default" && rule !== "optional"),
  );
}

/** The default. */
function absentOf(variable: EnvironmentVariable) {
  return { value: variable.default ?? null, isOptional: variable.optional ?? false };
}
