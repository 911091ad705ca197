/**
 * Prints the value of `x-cartway-debug` that opens the decisions of requests for a while:
 * `bun run sign-debug (--secret-env NAME | --secret-file PATH) [--expires-in 600]`
 */
import { parseArgs } from "node:util";
import { signDebugPass } from "./debug-pass.ts";

const { values } = parseArgs({
  options: {
    "secret-env": { type: "string" },
    "secret-file": { type: "string" },
    "expires-in": { type: "string", default: "600" },
  },
});

async function readSecret(): Promise<string | undefined> {
  if (values["secret-file"] !== undefined)
    return (await Bun.file(values["secret-file"]).text()).replace(/\r?\n$/, "");
  return values["secret-env"] === undefined ? undefined : process.env[values["secret-env"]];
}

const secret = await readSecret();
const seconds = Number(values["expires-in"]);
if (secret === undefined || !(seconds > 0)) {
  console.error("usage: sign-debug (--secret-env NAME | --secret-file PATH) [--expires-in SECONDS]");
  process.exitCode = 2;
} else {
  console.log(signDebugPass(secret, Math.floor(Date.now() / 1000 + seconds)));
}
