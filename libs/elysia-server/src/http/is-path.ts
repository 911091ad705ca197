import { type IncomingRequest, targetOf } from "@libs/http1";

/** Whether a request has exactly this path, with any query. Parses nothing, because it runs on every request. */
export function isPath(request: IncomingRequest, path: string): boolean {
  const target = targetOf(request);
  return target.startsWith(path) && (target.length === path.length || target.charCodeAt(path.length) === 63);
}
