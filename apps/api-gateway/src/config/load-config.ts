import { checkConfig } from "./check-config.ts";
import { ConfigError } from "./config-error.ts";
import { type ConfigDocument, loadDocument } from "./load-document.ts";
import { overlay } from "./overlay.ts";
import type { GatewayConfig } from "./schema.ts";

export interface LoadOptions {
  readonly file: string;
  /** With `prod`, `gateway.prod.yaml` is laid over `gateway.yaml`. */
  readonly environment?: string;
}

/** Reads, merges, fills in defaults and checks. @throws ConfigError with all issues, each with its line. */
export async function loadConfig({ file, environment }: LoadOptions): Promise<GatewayConfig> {
  const base = await loadDocument(file);
  const documents =
    environment === undefined ? [base] : [base, await loadDocument(overlayFile(file, environment))];
  for (const document of documents) {
    if (document.issues.length > 0) throw new ConfigError(document.file, document.issues);
  }
  const value = documents.slice(1).reduce((merged, document) => overlay(merged, document.value), base.value);
  const checked = checkConfig(value);
  if (checked.ok) return checked.config;
  throw new ConfigError(
    file,
    checked.issues.map((issue) => ({ ...issue, line: lineIn(documents, issue.path) })),
  );
}

export function overlayFile(file: string, environment: string): string {
  return file.replace(/(\.[^./]+)$/, `.${environment}$1`);
}

function lineIn([base]: readonly ConfigDocument[], path: string): number | null {
  return base?.lineOf(path) ?? null;
}
