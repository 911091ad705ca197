import { resolve } from "node:path";

/**
 * The error for a config file that cannot be read. Names the absolute path, because relative ones start from the working directory, and
 * the reason.
 */
export function unreadableFile(file: string, cause: unknown): Error {
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new Error(`the file ${resolve(file)} cannot be read${code}`);
}
