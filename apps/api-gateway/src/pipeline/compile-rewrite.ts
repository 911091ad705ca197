import { encodeSegment } from "../routing/encode-segment.ts";
import type { PathRewrite } from "./compiled-route.ts";

export interface RewriteConfig {
  readonly stripPrefix?: string;
  readonly addPrefix?: string;
  readonly template?: string;
}

/** Compiles how a route's path is rewritten for the service. The query is always passed on unchanged. */
export function compileRewrite({ stripPrefix, addPrefix = "", template }: RewriteConfig): PathRewrite {
  if (template !== undefined) return fromTemplate(template);
  if (stripPrefix === undefined) return addPrefix === "" ? unchanged : (path) => addPrefix + path;
  const { length } = stripPrefix;
  // the config's check ensures that every path of the route begins with these segments
  const nothingLeft = addPrefix === "" ? "/" : addPrefix;
  return (path) => (path.length === length ? nothingLeft : addPrefix + path.slice(length));
}

const unchanged: PathRewrite = (path) => path;

/** A parameter always fills one segment of the new path: it is encoded again, so it cannot add a slash or a dot segment. */
function fromTemplate(template: string): PathRewrite {
  const parts = template.split(/\{(\w+)\}/);
  return (_path, params) =>
    parts.map((part, index) => (index % 2 === 0 ? part : encodeSegment(params[part] ?? ""))).join("");
}
