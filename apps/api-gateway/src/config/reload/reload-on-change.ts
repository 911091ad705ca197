import { watch } from "node:fs";
import { basename, dirname, extname } from "node:path";

/** Editors save in several steps: the file is read once no event has come for this long. */
const settleMs = 100;

export interface Reloadable {
  /** Never rejects for a config that cannot be used: that is its result. */
  reloadConfig(reason: string): Promise<unknown>;
}

/**
 * Reloads the config on SIGHUP and when its file, or an overlay of it, changes. @returns a function that stops watching and resolves once
 * a reload in progress has ended.
 */
export function reloadOnChange(file: string, gateway: Reloadable): () => Promise<void> {
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

/** Whether `name` is the file, one of its overlays, or the symlink (`..data`) by which Kubernetes swaps a mounted ConfigMap. */
function isPartOf(file: string, name: string): boolean {
  const extension = extname(file);
  const isOwn = name.startsWith(`${basename(file, extension)}.`) && extname(name) === extension;
  return isOwn || name === "..data";
}
