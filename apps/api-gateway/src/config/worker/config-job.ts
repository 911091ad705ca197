import { messageOf } from "@libs/errors";
import { checkConfig } from "../check-config.ts";
import { compareConfigs, type ConfigChanges } from "../config-changes.ts";
import { ConfigError } from "../config-error.ts";
import { type LoadOptions, loadConfig } from "../load-config.ts";
import type { LocatedIssue } from "../document/config-document.ts";
import { parseText } from "../document/parse-text.ts";
import type { GatewayConfig } from "../schema.ts";

/** A request to the config worker. Configs cross as JSON text, which is cheaper than a structured clone. */
export type ConfigJob =
  | { readonly kind: "load"; readonly options: LoadOptions }
  /** `running` is the config that `text` is compared to; `readsFiles` whether files that `text` names may be looked into. */
  | {
      readonly kind: "validate";
      readonly text: string;
      readonly running: string;
      readonly readsFiles: boolean;
    };

export type ConfigAnswer =
  | { readonly kind: "loaded"; readonly config: string }
  | { readonly kind: "refused"; readonly file: string; readonly issues: readonly LocatedIssue[] }
  | { readonly kind: "validated"; readonly validation: Validation }
  /** An internal failure, not a fault of the config. */
  | { readonly kind: "failed"; readonly message: string };

export type Validation =
  | { readonly isValid: true; readonly issues: readonly []; readonly changes: ConfigChanges }
  | { readonly isValid: false; readonly issues: readonly LocatedIssue[]; readonly issuesTotal: number };

/** Issues reported at most. */
const issuesMax = 1000;

export async function doConfigJob(job: ConfigJob): Promise<ConfigAnswer> {
  try {
    if (job.kind === "validate")
      return { kind: "validated", validation: validate(job, JSON.parse(job.running)) };
    return { kind: "loaded", config: JSON.stringify(await loadConfig(job.options)) };
  } catch (thrown) {
    if (thrown instanceof ConfigError) return { kind: "refused", file: thrown.file, issues: thrown.issues };
    return { kind: "failed", message: messageOf(thrown) };
  }
}

function validate(
  { text, readsFiles }: Extract<ConfigJob, { kind: "validate" }>,
  running: GatewayConfig,
): Validation {
  const document = parseText("config", text);
  if (document.issues.length > 0) return refused(document.issues);
  const checked = checkConfig(document.value, { readsFiles });
  if (checked.ok) return { isValid: true, issues: [], changes: compareConfigs(running, checked.config) };
  return refused(checked.issues.map((issue) => ({ ...issue, ...document.positionOf(issue.path) })));
}

function refused(issues: readonly LocatedIssue[]): Validation {
  return { isValid: false, issues: issues.slice(0, issuesMax), issuesTotal: issues.length };
}
