/**
 * `bun run bench:overload [--seconds N] [--setup none,fixed,adaptive]`: a service of four workers at 20 ms each, with a capacity of 200
 * requests per second, gets that load and then, for N seconds (60), twice as much through the gateway: without a queue, with a
 * `queue` of a fixed size, and with an adaptive one. Clients give up after half a second. Goodput is what was answered in
 * time. A figure that exceeds its bound is marked and makes the command fail.
 */
import { readCommandLine } from "@libs/command-line";
import { printFigures } from "@libs/measuring";
import { measure } from "./measure.ts";
import { setups } from "./setups.ts";

const usage = "usage: bun run bench:overload [--seconds N] [--setup none,fixed,adaptive]";
const { values, number, refuse } = readCommandLine(usage, {
  options: {
    seconds: { type: "string", default: "60" },
    setup: { type: "string", default: Object.keys(setups).join(",") },
  },
});

const seconds = number("seconds");
const chosen = values.setup
  .split(",")
  .map((name) => [name, setups[name] ?? refuse(`there is no setup ${name}`)] as const);
let broken = 0;
for (const [name, setup] of chosen) {
  console.log(`\n${name}`);
  broken += printFigures(await measure(setup, seconds));
}
process.exitCode = broken === 0 ? 0 : 1;
