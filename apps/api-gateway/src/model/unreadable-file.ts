import { resolve } from "node:path";

/** A file of the config that cannot be read: where it was looked for, as a relative path is one from where the process was started, and why. */
export function unreadableFile(file: string, cause: unknown): Error {
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new Error(`the file ${resolve(file)} cannot be read${code}`);
}
