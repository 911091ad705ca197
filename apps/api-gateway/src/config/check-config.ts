import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import type { ConfigIssue } from "../model/config-issue.ts";
import { fillDefaults } from "./fill-defaults.ts";
import { type GatewayConfig, GatewayConfigSchema } from "./schema.ts";
import { sections } from "./sections.ts";
import { soundPart } from "./sound-part.ts";
import { validate } from "./validate.ts";

export type CheckedConfig =
  | { readonly ok: true; readonly config: GatewayConfig }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[] };

/** Made with the first config: it takes longer than a small one. */
let compiled: TypeCheck<typeof GatewayConfigSchema> | null = null;

/** The config with every default filled in, or all that is wrong with it at once. Pure: reads no file, asks nobody. */
export function checkConfig(value: unknown): CheckedConfig {
  const filled = fillDefaults(GatewayConfigSchema, value);
  // a config without a fault, as nearly all are, is told from one with faults several times faster than they are found
  if (hasShape(filled)) {
    const issues = checkSections(filled);
    return issues.length > 0 ? { ok: false, issues } : { ok: true, config: filled };
  }
  const shape = validate(GatewayConfigSchema, filled, "");
  const rest = fillDefaults(GatewayConfigSchema, soundPart(filled, shape));
  return { ok: false, issues: hasShape(rest) ? [...shape, ...checkSections(rest)] : shape };
}

function hasShape(config: unknown): config is GatewayConfig {
  compiled ??= TypeCompiler.Compile(GatewayConfigSchema);
  return compiled.Check(config);
}

function checkSections(config: GatewayConfig): readonly ConfigIssue[] {
  return sections.flatMap((section) => section.check(config));
}
