import { encodeSegment } from "../routing/encode-segment.ts";
import type { PathRewrite } from "./compiled-route.ts";

export interface RewriteConfig {
  readonly stripPrefix?: string;
  readonly template?: string;
}

/** Compiles how a route's path changes on its way to the service. The query always goes along as it came. */
export function compileRewrite({ stripPrefix, template }: RewriteConfig): PathRewrite {
  if (template !== undefined) return fromTemplate(template);
  if (stripPrefix === undefined) return (path) => path;
  const { length } = stripPrefix;
  // Whole segments that every path of the route begins with: the config's check has seen to it.
  return (path) => (path.length === length ? "/" : path.slice(length));
}

/** A parameter is one segment of the new path, whatever it holds: encoded again, it can add no slash and no dot segment. */
function fromTemplate(template: string): PathRewrite {
  const parts = template.split(/\{(\w+)\}/);
  return (_path, params) =>
    parts.map((part, index) => (index % 2 === 0 ? part : encodeSegment(params[part] ?? ""))).join("");
}
