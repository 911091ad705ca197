/** `bun run bench:services`: what a service's step costs a request, and a balancer's pick, in nanoseconds of CPU. Nothing is sent anywhere. */
import { readCommandLine } from "@libs/command-line";
import { measurePicks } from "./picks.ts";
import { measureSteps } from "./steps.ts";

readCommandLine("usage: bun run bench:services", { options: {} });
measurePicks();
console.log();
await measureSteps();
process.exit(0);
