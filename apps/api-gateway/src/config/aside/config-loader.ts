import { filesOf, type LoadOptions } from "../load-config.ts";
import type { GatewayConfig } from "../schema.ts";
import { isText, loadConfigAside } from "./load-config-aside.ts";

/**
 * `loadConfigAside` again and again. Files whose text is that of last time give the config of last time: one change is told by the
 * file's watcher and by a signal, and to read it costs more than all else that a reload does. A TypeScript file is always read, since
 * others may stand behind it.
 */
export function createConfigLoader(options: LoadOptions): () => Promise<GatewayConfig> {
  const files = filesOf(options);
  const tellsAll = files.every(isText);
  let last: { readonly text: string; readonly config: GatewayConfig } | null = null;
  return async () => {
    const text = tellsAll ? await textOf(files) : null;
    if (last !== null && text === last.text) return last.config;
    const config = await loadConfigAside(options);
    last = text === null || text !== (await textOf(files)) ? null : { text, config };
    return config;
  };
}

/** Of all of them; `null` where one cannot be read. */
async function textOf(files: readonly string[]): Promise<string | null> {
  try {
    return JSON.stringify(await Promise.all(files.map((file) => Bun.file(file).text())));
  } catch {
    return null;
  }
}
