import { basename } from "node:path";
import { Document, isNode } from "yaml";
import type { GatewayConfig } from "./schema.ts";
import { pointerKeys } from "../model/config/json-pointer.ts";

/** The effective config as YAML: defaults filled in, and values from an overlay marked with its file. */
export function printConfig(config: GatewayConfig, overlaid: ReadonlyMap<string, string>): string {
  const document = new Document(config);
  for (const [path, file] of overlaid) {
    const node = document.getIn(
      pointerKeys(path).map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
      true,
    );
    if (isNode(node)) node.comment = ` ${basename(file)}`;
  }
  return document.toString({ lineWidth: 0 });
}
