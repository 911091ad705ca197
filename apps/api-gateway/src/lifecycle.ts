import { watch } from "node:fs";
import { basename, dirname, extname } from "node:path";
import type { Gateway } from "./build-gateway.ts";

/** An editor writes a file in several steps: the change is read when they have settled. */
const settleMs = 100;

/**
 * Reloads the config on SIGHUP and when its file, or an overlay of it, changes. @returns what ends the watch, once a reload
 * under way is over.
 */
export function reloadOnChange(file: string, gateway: Pick<Gateway, "reloadConfig">): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();

  const reload = (reason: string): void => {
    running = gateway.reloadConfig(reason);
  };
  const onHangup = (): void => reload("SIGHUP");
  process.on("SIGHUP", onHangup);
  // The folder, not the file: an editor or a mounted ConfigMap replaces the file, and a watch on the old one stays silent.
  const watcher = watch(dirname(file), (_event, name) => {
    if (name !== null && !isPartOf(file, name)) return;
    clearTimeout(timer);
    timer = setTimeout(() => reload("the file changed"), settleMs);
  });
  return async () => {
    process.off("SIGHUP", onHangup);
    clearTimeout(timer);
    watcher.close();
    await running;
  };
}

/** The file, an overlay of it, or the link that a mounted ConfigMap is swapped by; a log that is written beside them is none. */
function isPartOf(file: string, name: string): boolean {
  const extension = extname(file);
  const isOwn = name.startsWith(`${basename(file, extension)}.`) && extname(name) === extension;
  return isOwn || name === "..data";
}
