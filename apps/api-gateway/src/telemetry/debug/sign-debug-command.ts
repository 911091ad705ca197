/**
 * Prints the value of `x-cartway-debug` that opens the decisions of requests for a while:
 * `bun run sign-debug (--secret-env NAME | --secret-file PATH) [--expires-in 600]`
 */
import { readCommandLine } from "@libs/command-line";
import { debugSecretCharsMin, signDebugPass } from "./debug-pass.ts";

const usage = "usage: bun run sign-debug (--secret-env NAME | --secret-file PATH) [--expires-in SECONDS]";
const { values, refuse } = readCommandLine(usage, {
  options: {
    "secret-env": { type: "string" },
    "secret-file": { type: "string" },
    "expires-in": { type: "string", default: "600" },
  },
});

async function readSecret(): Promise<string> {
  const { "secret-file": file, "secret-env": name } = values;
  if (file !== undefined) return (await Bun.file(file).text()).replace(/\r?\n$/, "");
  if (name === undefined) return refuse("no secret is given");
  return process.env[name] ?? refuse(`the environment variable ${name} is not set`);
}

const secret = await readSecret();
if (secret.length < debugSecretCharsMin)
  refuse(`the secret has fewer than ${debugSecretCharsMin} characters: no gateway starts with it`);
const seconds = Number(values["expires-in"]);
if (!(seconds > 0)) refuse("--expires-in is no number of seconds");
console.log(signDebugPass(secret, Math.floor(Date.now() / 1000 + seconds)));
