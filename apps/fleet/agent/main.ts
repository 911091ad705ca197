/**
 * `bun run fleet:agent --url http://127.0.0.1:3000 --code BCDF-GHJK-LMNP [--state agent.json] [--permissions permissions.json]`:
 * the agent of one device. The code is needed once; afterwards the state file has the identity.
 */
import { readCommandLine } from "@libs/command-line";
import { messageOf } from "@libs/errors";
import manifest from "../package.json" with { type: "json" };
import { Agent } from "./agent.ts";
import { readPermissions } from "./read-permissions.ts";

const usage = `usage: bun run fleet:agent --code CODE [options]

  --code CODE         what the customer was given for this device; needed once and after a rotation, the state file says
                      who it is afterwards
  --url URL           of the gateway (http://127.0.0.1:3000)
  --state FILE        where the agent keeps who it is (data/agent.json)
  --permissions FILE  what the shop lets the agent do, as JSON; without it, it may look and touch nothing`;
const { values: options } = readCommandLine(usage, {
  options: {
    url: { type: "string", default: "http://127.0.0.1:3000" },
    code: { type: "string" },
    state: { type: "string", default: "data/agent.json" },
    permissions: { type: "string" },
  },
});

try {
  const agent = new Agent({
    url: options.url,
    stateFile: options.state,
    ...(options.code === undefined ? {} : { activationCode: options.code }),
    permissions: await readPermissions(options.permissions ?? null),
    version: manifest.version,
    log: (message) => console.log(`${new Date().toISOString()} ${message}`),
  });
  await agent.start();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => agent.stop());
  await agent.run();
  process.exit(0);
} catch (thrown) {
  const reason = messageOf(thrown);
  console.error(`the agent of ${options.url} ends: ${reason}`);
  process.exit(1);
}
