import { extname } from "node:path";
import type { ConfigIssue } from "../model/config/config-issue.ts";
import { checkConfig } from "./check-config.ts";
import { ConfigError } from "./config-error.ts";
import { nowhere } from "./document/config-document.ts";
import { loadDocument } from "./document/load-document.ts";
import { type MergedDocument, mergeDocuments } from "./document/merged-document.ts";
import type { GatewayConfig } from "./schema.ts";
import { missingStores } from "./needed-stores.ts";
import type { SecretSources } from "./secrets.ts";
import { checkSharedState, type SharedStores } from "./shared-state-rules.ts";
import { unavailableSecrets } from "./unavailable-secrets.ts";

export interface LoadOptions {
  readonly file: string;
  /** With `prod`, `gateway.prod.yaml` is merged over `gateway.yaml`. */
  readonly environment?: string;
  /** Set for several workers, with the stores that they share: configs that they cannot run correctly are refused, too. */
  readonly shared?: SharedStores;
  /** The stores that it runs with; given, a part that needs another one is an issue. */
  readonly stores?: SharedStores;
  /** Where its secrets come from; given, one that is not there is an issue. */
  readonly secrets?: SecretSources;
}

/** Reads, merges, fills in defaults and checks. @throws ConfigError with all issues, each with its line. */
export async function loadConfig(options: LoadOptions): Promise<GatewayConfig> {
  return (await loadMerged(options)).config;
}

/** The same, with the position of every value. */
export async function loadMerged(options: LoadOptions): Promise<LoadedConfig> {
  const { file } = options;
  const [baseFile, ...overlayFiles] = filesOf(options);
  const base = await loadDocument(baseFile);
  const overlays = await Promise.all(overlayFiles.map((overlay) => loadDocument(overlay)));
  for (const document of [base, ...overlays]) {
    if (document.issues.length > 0) throw new ConfigError(document.file, document.issues);
  }
  const merged = mergeDocuments(base, overlays);
  const checked = checkConfig(merged.value);
  const issues = checked.ok ? issuesOfRunning(checked.config, options) : checked.issues;
  if (checked.ok && issues.length === 0) return { ...merged, config: checked.config };
  throw new ConfigError(
    file,
    issues.map((issue) => ({ ...issue, ...merged.placeOf(issue.path) })),
  );
}

/** The files to read: the base and, for an environment, its overlay. @throws ConfigError for a file that can have none. */
export function filesOf({ file, environment }: LoadOptions): readonly [string, ...string[]] {
  return environment === undefined ? [file] : [file, overlayFile(file, environment)];
}

export interface LoadedConfig extends Pick<MergedDocument, "overlaid" | "placeOf"> {
  readonly config: GatewayConfig;
}

/** What is wrong with a valid config where it is to run. */
export function issuesOfRunning(
  config: GatewayConfig,
  { shared, stores, secrets }: LoadOptions,
): readonly ConfigIssue[] {
  return [
    ...(shared === undefined ? [] : checkSharedState(config, shared)),
    ...(stores === undefined ? [] : missingStores(config, stores)),
    ...(secrets === undefined ? [] : unavailableSecrets(config, secrets)),
  ];
}

/** @throws ConfigError for a file whose overlay would have its own name. */
function overlayFile(file: string, environment: string): string {
  const ending = extname(file);
  if (ending === "") throw new ConfigError(file, [{ path: "", ...withoutEnding, ...nowhere }]);
  return `${file.slice(0, -ending.length)}.${environment}${ending}`;
}

const withoutEnding = {
  message: "a file whose name has no ending has no overlay",
  expected: "a name such as gateway.yaml",
};
