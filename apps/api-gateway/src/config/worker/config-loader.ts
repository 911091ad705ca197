import { filesOf, type LoadOptions } from "../load-config.ts";
import type { GatewayConfig } from "../schema.ts";
import { isText, loadConfigOffThread } from "./load-config-off-thread.ts";

/**
 * A `loadConfigOffThread` that returns the previous config while the text of its files is unchanged: parsing is the most expensive step
 * of a reload, and one change often triggers two (the file watcher and a signal). A TypeScript config is always read again, since
 * what it imports may have changed.
 */
export function createConfigLoader(options: LoadOptions): () => Promise<GatewayConfig> {
  const files = filesOf(options);
  const isCacheable = files.every(isText);
  let last: { readonly text: string; readonly config: GatewayConfig } | null = null;
  return async () => {
    const text = isCacheable ? await textOf(files) : null;
    if (last !== null && text === last.text) return last.config;
    const config = await loadConfigOffThread(options);
    last = text === null || text !== (await textOf(files)) ? null : { text, config };
    return config;
  };
}

/** The text of all files; `null` where one cannot be read. */
async function textOf(files: readonly string[]): Promise<string | null> {
  try {
    return JSON.stringify(await Promise.all(files.map((file) => Bun.file(file).text())));
  } catch {
    return null;
  }
}
