import { expect, test } from "bun:test";
import { fleetLimitsEnvironment } from "@apps/fleet";
import { ingestionEnvironment } from "@apps/ingestion";
import { allInOneEnvironment } from "./environment.ts";

test("a discount is limited by the same setting as where ingestion runs by itself", () => {
  const { RECOVERY_PERCENT_OFF_MAX: own } = ingestionEnvironment;
  expect(allInOneEnvironment.RECOVERY_PERCENT_OFF_MAX).toEqual(own);
});

test("a limit of the fleet that holds in its own process holds in the one of all apps too", () => {
  for (const [name, variable] of Object.entries(fleetLimitsEnvironment))
    expect([name, Reflect.get(allInOneEnvironment, name)]).toEqual([name, variable]);
});
