import { rename, writeFile } from "node:fs/promises";
import { type CommandHandler, refused, succeeded } from "./command-handler.ts";

/** Replaces members of the settings file, writing the file as a whole; `null` removes one. */
export const updateConfig: CommandHandler = async ({ parameters, permissions }) => {
  const { settingsFile } = permissions;
  if (settingsFile === undefined) return refused("this agent may change no settings");
  const changes = Object.entries(Object(parameters["settings"]));
  const file = Bun.file(settingsFile);
  const before: unknown = (await file.exists()) ? await file.json() : {};
  const settings = new Map<string, unknown>(Object.entries(Object(before)));
  for (const [name, value] of changes) {
    if (value === null) settings.delete(name);
    else settings.set(name, value);
  }
  const next = `${settingsFile}.new`;
  await writeFile(next, JSON.stringify(Object.fromEntries(settings), null, 2));
  await rename(next, settingsFile);
  return succeeded({ changed: changes.map(([name]) => name) });
};
