/**
 * `bun run explain METHOD URL [-H 'name: value'] [--config FILE] [--env NAME] [--as SUBJECT[:ROLE,ROLE]] [--ip ADDRESS] [--json]`: where
 * a request would be routed, and why. With `--live URL --token-file FILE` the admin port of a running gateway is asked.
 */
import { messageOf } from "@libs/errors";
import { ConfigError } from "../../config/config-error.ts";
import { loadConfig } from "../../config/load-config.ts";
import { createOfflineSnapshot } from "../offline-snapshot.ts";
import { explainRequest } from "../explain-request.ts";
import type { Explanation } from "../explanation.ts";
import { printExplanation } from "../print-explanation.ts";
import { type ExplainArguments, readArguments } from "./read-arguments.ts";
import { askLive } from "./ask-live.ts";

const fromFile =
  "this is what the file says: what is left of limits, how targets are and whether there are users to sign in, a running gateway knows (--live)";
const given = readArguments(process.argv.slice(2));
try {
  const explanation = given.live === null ? await explainHere(given) : await askLive(given.live, given.asked);
  console.log(given.isJson ? JSON.stringify(explanation, null, 2) : printExplanation(explanation));
} catch (thrown) {
  console.error(messageOf(thrown));
  process.exitCode = thrown instanceof ConfigError ? 1 : 3;
}

async function explainHere({ source, asked }: ExplainArguments): Promise<Explanation> {
  const offline = createOfflineSnapshot(await loadConfig(source), process.env);
  try {
    const explanation = await explainRequest(offline.snapshot, asked);
    return { ...explanation, notes: [...explanation.notes, ...offline.notes, fromFile] };
  } finally {
    await offline.snapshot.retire();
  }
}
