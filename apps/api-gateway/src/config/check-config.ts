import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import type { ConfigIssue } from "../model/config-issue.ts";
import { fillDefaults } from "./fill-defaults.ts";
import { type GatewayConfig, GatewayConfigSchema } from "./schema.ts";
import { type CheckOptions, sections } from "./sections/sections.ts";
import { withPlaceholders } from "./with-placeholders.ts";
import { validate } from "./validate.ts";

export type CheckedConfig =
  | { readonly ok: true; readonly config: GatewayConfig }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[] };

/** Compiled on first use: that takes longer than checking a small config. */
let compiled: TypeCheck<typeof GatewayConfigSchema> | null = null;

/** The config with every default filled in, or all that is wrong with it at once. Reads no more than the files that it names. */
export function checkConfig(value: unknown, options: CheckOptions = { readsFiles: true }): CheckedConfig {
  const filled = fillDefaults(GatewayConfigSchema, value);
  // the compiled check says only yes or no, several times faster than collecting issues; most configs are valid
  if (hasShape(filled)) {
    const issues = checkSections(filled, options);
    return issues.length > 0 ? { ok: false, issues } : { ok: true, config: filled };
  }
  const shape = validate(GatewayConfigSchema, filled, "");
  const rest = fillDefaults(GatewayConfigSchema, withPlaceholders(filled, shape));
  return { ok: false, issues: hasShape(rest) ? [...shape, ...checkSections(rest, options)] : shape };
}

function hasShape(config: unknown): config is GatewayConfig {
  compiled ??= TypeCompiler.Compile(GatewayConfigSchema);
  return compiled.Check(config);
}

function checkSections(config: GatewayConfig, options: CheckOptions): readonly ConfigIssue[] {
  return sections.flatMap((section) => section.check(config, options));
}
