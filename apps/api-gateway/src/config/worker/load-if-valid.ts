import { readFile } from "node:fs/promises";
import { runInSlices } from "../../model/steps.ts";
import { validConfigSteps } from "../check-config.ts";
import { exactJson } from "../document/exact-json.ts";
import { overlay } from "../document/overlay.ts";
import { filesOf, issuesOfRunning, type LoadOptions } from "../load-config.ts";
import type { GatewayConfig } from "../schema.ts";
import { runInWorker } from "./run-in-worker.ts";

/** `file` is what it was read from: its ending says whether it is meant as JSON. */
export interface YamlText {
  readonly file: string;
  readonly text: string;
}

/** `null` for a text with faults. */
export type ParsedYaml = { readonly value: unknown } | null;

/**
 * The config of YAML or JSON files; `null` where anything is wrong with it. For a thread that serves requests: YAML is parsed in a worker,
 * since that takes a tenth of a second for 200 KiB and its functions would stay loaded; the rest is done in short slices; and the faults are
 * left to `loadConfig`, elsewhere.
 */
export async function loadIfValid(options: LoadOptions): Promise<GatewayConfig | null> {
  const documents = await Promise.all(filesOf(options).map(readDocument));
  const values = documents.flatMap((document) => (document === null ? [] : [document.value]));
  if (values.length < documents.length) return null;
  const config = await runInSlices(validConfigSteps(values.reduce((base, over) => overlay(base, over))));
  return config === null || issuesOfRunning(config, options).length > 0 ? null : config;
}

async function readDocument(file: string): Promise<ParsedYaml> {
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  const value = exactJson(text);
  if (value !== undefined) return { value };
  return await runInWorker<ParsedYaml>(new URL("./yaml-worker.ts", import.meta.url), { file, text });
}
