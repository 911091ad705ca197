import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { isRecord } from "@libs/json";
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
  const filled = fillDefaults(GatewayConfigSchema, value);
  // the compiled check says only yes or no, several times faster than collecting issues; most configs are valid
  if (hasShape(filled)) {
    const issues = runAtOnce(checkSections(filled, options));
    return issues.length > 0 ? { ok: false, issues } : { ok: true, config: filled };
  }
  const shape = validate(GatewayConfigSchema, filled, "");
  const rest = fillDefaults(GatewayConfigSchema, withPlaceholders(filled, shape));
  return {
    ok: false,
    issues: hasShape(rest) ? [...shape, ...runAtOnce(checkSections(rest, options))] : shape,
  };
}

/** The config with every default filled in, `null` where it has issues. In steps of one route or section each. */
export function* validConfigSteps(value: unknown): Steps<GatewayConfig | null> {
  const filled = yield* fillSteps(value);
  if (!hasShape(filled)) return null;
  yield;
  const issues = yield* checkSections(filled, usual);
  return issues.length === 0 ? filled : null;
}

function* fillSteps(value: unknown): Steps<unknown> {
  if (!isRecord(value) || !Array.isArray(value["routes"])) return fillDefaults(GatewayConfigSchema, value);
  const routes: unknown[] = [];
  for (const route of value["routes"]) {
    routes.push(fillDefaults(GatewayConfigSchema.properties.routes.items, route));
    yield;
  }
  return Object.assign(Object(fillDefaults(GatewayConfigSchema, { ...value, routes: [] })), { routes });
}

function hasShape(config: unknown): config is GatewayConfig {
  compiled ??= TypeCompiler.Compile(GatewayConfigSchema);
  return compiled.Check(config);
}

function* checkSections(config: GatewayConfig, options: CheckOptions): Steps<readonly ConfigIssue[]> {
  const issues: ConfigIssue[] = [];
  for (const section of sections) {
    const found = section.check(config, options);
    for (const issue of "next" in found ? yield* found : found) issues.push(issue);
    yield;
  }
  return issues;
}
