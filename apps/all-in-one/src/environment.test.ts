import { expect, test } from "bun:test";
import { fleetLimitsEnvironment } from "@apps/fleet";
import { allInOneEnvironment } from "./environment.ts";

test("a limit of the fleet that holds in its own process holds in the one of all apps too", () => {
  for (const [name, variable] of Object.entries(fleetLimitsEnvironment))
    expect([name, Reflect.get(allInOneEnvironment, name)]).toEqual([name, variable]);
});
