/**
 * Prints a value of `x-cartway-debug` that reveals the decisions about requests for a limited time: `bun run sign-debug (--secret-env
 * NAME | --secret-file PATH) [--expires-in 600]`
 */
import { readCommandLine } from "@libs/command-line";
import { debugLifetimeMs } from "../../../model/config/debug-lifetime.ts";
import { readSecretOption, secretOptions } from "../../../config/cli/secret-option.ts";
import { debugSecretCharsMin, signDebugPass } from "../debug-pass.ts";

const usage = "usage: bun run sign-debug (--secret-env NAME | --secret-file PATH) [--expires-in SECONDS]";
const commandLine = readCommandLine(usage, {
  options: {
    ...secretOptions,
    "expires-in": { type: "string", default: "600" },
  },
});

const { refuse, number } = commandLine;
const secret = readSecretOption(commandLine);
if (secret.length < debugSecretCharsMin)
  refuse(`the secret has fewer than ${debugSecretCharsMin} characters: no gateway starts with it`);
const seconds = number("expires-in");
if (seconds === 0) refuse("--expires-in: a pass for no time opens nothing");
if (seconds * 1000 > debugLifetimeMs.maximum)
  refuse(`--expires-in: no gateway accepts a pass for more than ${debugLifetimeMs.maximum / 1000} seconds`);
if (seconds * 1000 > debugLifetimeMs.default)
  console.error(`accepted only where server.debug.lifetimeMsMax is at least ${seconds * 1000}`);
console.log(signDebugPass(secret, Math.floor(Date.now() / 1000 + seconds)));
