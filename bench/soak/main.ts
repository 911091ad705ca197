/**
 * `bun run bench:soak [--scenario reload,sockets,bodies,aborts,metrics,flat,flood,kill,steady] [--seconds N] [--requests N]`: what a
 * short benchmark does not show. Each scenario runs the real gateway process in front of a real upstream and prints its figures; a figure
 * that exceeds its bound is marked and makes the command fail.
 */
import { readCommandLine } from "@libs/command-line";
import { aborts } from "./scenarios/aborts.ts";
import { bodies } from "./scenarios/bodies.ts";
import { flat } from "./scenarios/flat.ts";
import { kill } from "./scenarios/kill.ts";
import { flood } from "./scenarios/flood.ts";
import { metrics } from "./scenarios/metrics.ts";
import { reload } from "./scenarios/reload.ts";
import { printFigures } from "@libs/measuring";
import type { Scenario } from "./scenarios/scenario.ts";
import { sockets } from "./scenarios/sockets.ts";
import { steady } from "./scenarios/steady.ts";

const scenarios: Readonly<Record<string, Scenario>> = {
  reload,
  sockets,
  bodies,
  aborts,
  metrics,
  flat,
  flood,
  kill,
  steady,
};

const usage = `usage: bun run bench:soak [--scenario NAME,NAME] [--seconds N] [--requests N]

scenarios: ${Object.keys(scenarios).join(", ")}`;
const { values, number, refuse } = readCommandLine(usage, {
  options: {
    scenario: { type: "string", default: Object.keys(scenarios).join(",") },
    seconds: { type: "string", default: "10" },
    requests: { type: "string", default: "1000000" },
  },
});

const options = { seconds: number("seconds"), requests: number("requests") };
const chosen = values.scenario
  .split(",")
  .map((name) => [name, scenarios[name] ?? refuse(`there is no scenario ${name}`)] as const);
let broken = 0;
for (const [name, scenario] of chosen) {
  console.log(`\n${name}: ${scenario.what}`);
  broken += printFigures(await scenario.run(options));
}
process.exitCode = broken === 0 ? 0 : 1;
