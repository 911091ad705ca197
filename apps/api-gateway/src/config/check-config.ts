import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import type { ConfigIssue } from "../model/config/config-issue.ts";
import { runAtOnce, type Steps } from "../model/steps.ts";
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

const usual: CheckOptions = { readsFiles: true };

/** Checks a config: returns it with every default filled in, or all of its issues. Reads no files except those that it names. */
export function checkConfig(value: unknown, options = usual): CheckedConfig {
  return runAtOnce(checkSteps(value, options));
}

/** The same in steps, one section of the config each. */
export function* checkSteps(value: unknown, options = usual): Steps<CheckedConfig> {
  const filled = fillDefaults(GatewayConfigSchema, value);
  yield;
  // the compiled check says only yes or no, several times faster than collecting issues; most configs are valid
  if (hasShape(filled)) {
    yield;
    const issues = yield* checkSections(filled, options);
    return issues.length > 0 ? { ok: false, issues } : { ok: true, config: filled };
  }
  const shape = validate(GatewayConfigSchema, filled, "");
  const rest = fillDefaults(GatewayConfigSchema, withPlaceholders(filled, shape));
  yield;
  return { ok: false, issues: hasShape(rest) ? [...shape, ...(yield* checkSections(rest, options))] : shape };
}

function hasShape(config: unknown): config is GatewayConfig {
  compiled ??= TypeCompiler.Compile(GatewayConfigSchema);
  return compiled.Check(config);
}

function* checkSections(config: GatewayConfig, options: CheckOptions): Steps<readonly ConfigIssue[]> {
  const issues: ConfigIssue[] = [];
  for (const section of sections) {
    for (const issue of section.check(config, options)) issues.push(issue);
    yield;
  }
  return issues;
}
