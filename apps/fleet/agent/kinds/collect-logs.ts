import { type CommandHandler, refused, storable, succeeded } from "./command-handler.ts";

const bytesMax = 262_144;
const linesDefault = 200;

/** The last lines of a log that the shop's config names. */
export const collectLogs: CommandHandler = async ({ parameters, permissions }) => {
  const source = String(parameters["source"]);
  const path = Object.hasOwn(permissions.logs, source) ? permissions.logs[source] : undefined;
  if (path === undefined) return refused(`this agent offers no log ${source}`);
  const file = Bun.file(path);
  if (!(await file.exists())) throw new Error(`the log ${source} is not there`);
  const tail = await file.slice(Math.max(0, file.size - bytesMax)).text();
  const linesMax = typeof parameters["linesMax"] === "number" ? parameters["linesMax"] : linesDefault;
  const lines = storable(tail).trimEnd().split("\n").slice(-linesMax);
  return succeeded({ source, lines });
};
