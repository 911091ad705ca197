import { watch } from "node:fs";
import { dirname } from "node:path";
import { configSignature, isPartOfConfig } from "./config-signature.ts";

/** Editors save in several steps: the file is read once no event has come for this long. */
const settleMs = 100;
/** Or after this long, however many events come. */
const settleMsMax = 1000;
const lookEveryMs = 2000;

export interface Reloadable {
  /** Never rejects for a config that cannot be used: that is its result. */
  reloadConfig(reason: string): Promise<unknown>;
}

/**
 * Reloads the config on SIGHUP and when its file, or an overlay of it, changes. The folder is watched, and looked at now and then: a watch
 * says nothing where a symlink leads to another folder, as `git-sync` and releases swap them, nor on most network file systems.
 * @returns a function that stops watching and resolves once a reload in progress has ended.
 */
export function reloadOnChange(file: string, gateway: Reloadable): () => Promise<void> {
  let known: string | null = null;
  let timer: NodeJS.Timeout | null = null;
  let firstEventAt = 0;
  let hasEnded = false;
  let running: Promise<unknown> = Promise.resolve();

  async function reload(reason: string): Promise<void> {
    known = await configSignature(file);
    if (!hasEnded) await gateway.reloadConfig(reason);
  }

  async function hasChanged(): Promise<boolean> {
    const before = known;
    const now = await configSignature(file);
    known ??= now;
    return before !== null && before === known && before !== now;
  }

  /** Waits until nothing changes any more. */
  function settle(): void {
    const now = performance.now();
    if (timer === null) firstEventAt = now;
    else clearTimeout(timer);
    timer = setTimeout(
      () => {
        timer = null;
        running = reload("the file changed");
      },
      Math.max(0, Math.min(settleMs, firstEventAt + settleMsMax - now)),
    );
  }

  async function look(): Promise<void> {
    if (timer === null && (await hasChanged()) && !hasEnded) settle();
  }

  const onHangup = (): void => void (running = reload("SIGHUP"));
  process.on("SIGHUP", onHangup);
  // The folder, not the file: an editor or a mounted ConfigMap replaces the file, and a watch on the old one stays silent.
  const watcher = watch(dirname(file), (_event, name) => {
    // Kubernetes swaps a mounted ConfigMap by the symlink `..data`
    if (name === null || name === "..data" || isPartOfConfig(file, name)) settle();
  });
  const looking = setInterval(() => void look(), lookEveryMs);
  looking.unref();
  void look();
  return async () => {
    hasEnded = true;
    process.off("SIGHUP", onHangup);
    if (timer !== null) clearTimeout(timer);
    clearInterval(looking);
    watcher.close();
    await running;
  };
}
