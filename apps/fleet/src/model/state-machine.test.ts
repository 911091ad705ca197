import { expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { commandMachine } from "./command-states.ts";
import { deviceMachine } from "./device-states.ts";
import { sessionMachine } from "./session-states.ts";
import { finalStates, nextState, type StateMachine, statesBefore, statesOf } from "./state-machine.ts";

const machines: readonly StateMachine<string, string>[] = [deviceMachine, sessionMachine, commandMachine];

function eventsOf(machine: StateMachine<string, string>): readonly string[] {
  const all = statesOf(machine).flatMap((state) => Object.keys(machine.transitions[state] ?? {}));
  return [...new Set(all)];
}

test("every transition outside of the table is a 409 that lists the possible ones", () => {
  let refused = 0;
  for (const machine of machines) {
    for (const state of statesOf(machine)) {
      for (const event of eventsOf(machine)) {
        if (machine.transitions[state]?.[event] !== undefined) continue;
        expect(() => nextState(machine, state, event)).toThrow(CartwayError);
        refused += 1;
      }
    }
  }
  // all pairs but those named: devices 4×6-9, sessions 7×6-7, commands 10×10-14
  expect(refused).toBe(15 + 35 + 86);
});

test("every transition leads to a state of the table", () => {
  for (const machine of machines) {
    for (const event of eventsOf(machine)) {
      const targets = statesBefore(machine, event).map((state) => nextState(machine, state, event));
      expect(statesOf(machine)).toEqual(expect.arrayContaining(targets));
    }
  }
});

test("retired devices and ended sessions and commands have no transitions", () => {
  expect(machines.map((machine) => finalStates(machine).length)).toEqual([1, 5, 7]);
});

test("a command that needs approval can be queued only after it", () => {
  expect(statesBefore(commandMachine, "claim")).toEqual(["queued", "claimed"]);
  expect(Object.values(commandMachine.transitions.awaiting_approval)).toEqual([
    "queued",
    "rejected",
    "expired",
    "cancelled",
  ]);
});
