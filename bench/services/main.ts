/** `bun run bench:services`: the cost per request of a service's step, and of a balancer's pick, in nanoseconds of CPU. Nothing is sent over the network. */
import { readCommandLine } from "@libs/command-line";
import { measurePicks } from "./picks.ts";
import { measureSteps } from "./steps.ts";

readCommandLine("usage: bun run bench:services", { options: {} });
measurePicks();
console.log();
await measureSteps();
process.exit(0);
