import { basename } from "node:path";
import { Document, isNode } from "yaml";
import type { GatewayConfig } from "./schema.ts";

/** A config as it would run, in YAML: defaults filled in, and each value that an overlay set marked with the overlay's file. */
export function printConfig(config: GatewayConfig, overlaid: ReadonlyMap<string, string>): string {
  const document = new Document(config);
  for (const [path, file] of overlaid) {
    const keys = path
      .split("/")
      .slice(1)
      .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    const node = document.getIn(
      keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
      true,
    );
    if (isNode(node)) node.comment = ` ${basename(file)}`;
  }
  return document.toString({ lineWidth: 0 });
}
