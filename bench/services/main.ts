/** What a service's step costs a request, and a balancer's pick, in nanoseconds of CPU. Nothing is sent anywhere. */
import { measurePicks } from "./picks.ts";
import { measureSteps } from "./steps.ts";

measurePicks();
console.log();
await measureSteps();
process.exit(0);
