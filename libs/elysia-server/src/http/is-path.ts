import { type IncomingRequest, targetOf } from "@libs/http1";

/** Whether a request is for exactly this path, whatever its query. Takes nothing apart: it runs on every request. */
export function isPath(request: IncomingRequest, path: string): boolean {
  const target = targetOf(request);
  return target.startsWith(path) && (target.length === path.length || target.charCodeAt(path.length) === 63);
}
