import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import { within } from "@libs/elysia-server";
import { messageOf } from "@libs/errors";
import type { Logger } from "@libs/monitoring";
import { configSignature, isPartOfConfig } from "./config-signature.ts";

/** Editors save in several steps: the file is read once there was no event for this long. */
const settleMs = 100;
/** The maximum of that delay, however many events there are. */
const settleMsMax = 1000;
const lookEveryMs = 2000;
/** A config in TypeScript may never end. */
const lastReloadMs = 2000;

export interface Reloadable {
  /** Resolves also for an unusable config, which is its result. */
  reloadConfig(reason: string): Promise<unknown>;
}

export interface WatchedConfig {
  readonly file: string;
  /** Of the file before it was read, by `configSignature`: a change since then is a reload, too. */
  readonly signature: string;
  readonly logger: Pick<Logger, "warn">;
}

/** For the times before and after `reloadOnChange` listens to it: SIGHUP asks for nothing then, and would end the process. */
export function ignoreHangup(): void {
  process.on("SIGHUP", () => undefined);
}

/**
 * Reloads the config on SIGHUP and when its file or one of its overlays changes. The folder is watched, and also polled: watches miss
 * symlinks that are redirected to another folder, as `git-sync` and releases do, and changes on most network file systems; and a machine has
 * few of them (`fs.inotify.max_user_instances`).
 * @returns a function that stops watching and resolves once all reloads in progress have ended, or hang.
 */
export function reloadOnChange(
  { file, signature, logger }: WatchedConfig,
  gateway: Reloadable,
): () => Promise<void> {
  let known = signature;
  let timer: NodeJS.Timeout | null = null;
  let firstEventAt = 0;
  let hasEnded = false;
  const running = new Set<Promise<void>>();

  function run(reloading: Promise<void>): void {
    running.add(reloading);
    void reloading.finally(() => running.delete(reloading));
  }

  async function reload(reason: string): Promise<void> {
    known = await configSignature(file);
    if (!hasEnded) await gateway.reloadConfig(reason);
  }

  /** Nothing has changed where a signal has reloaded it meanwhile. */
  async function reloadIfChanged(): Promise<void> {
    if (await hasChanged()) await reload("the file changed");
  }

  async function hasChanged(): Promise<boolean> {
    const before = known;
    const now = await configSignature(file);
    return before === known && before !== now;
  }

  /** Waits until the file is no longer changing. */
  function settle(): void {
    const now = performance.now();
    if (timer === null) firstEventAt = now;
    else clearTimeout(timer);
    timer = setTimeout(
      () => {
        timer = null;
        run(reloadIfChanged());
      },
      Math.max(0, Math.min(settleMs, firstEventAt + settleMsMax - now)),
    );
  }

  async function look(): Promise<void> {
    if (timer === null && (await hasChanged()) && !hasEnded) settle();
  }

  const onHangup = (): void => run(reload("SIGHUP"));
  process.on("SIGHUP", onHangup);
  // Watches the folder, not the file: editors and mounted ConfigMaps replace the file, and a watch on the old one reports nothing.
  const watcher = watchFolder(file, settle, (problem) =>
    logger.warn({ problem, lookEveryMs }, "the config's folder cannot be watched: it is only polled"),
  );
  const looking = setInterval(() => void look(), lookEveryMs);
  looking.unref();
  void look();
  return async () => {
    hasEnded = true;
    process.off("SIGHUP", onHangup);
    if (timer !== null) clearTimeout(timer);
    clearInterval(looking);
    watcher?.close();
    await within(Promise.all(running), lastReloadMs);
  };
}

/** `null`, and a problem, where the system has no watch left. */
function watchFolder(
  file: string,
  onChange: () => void,
  onProblem: (problem: string) => void,
): FSWatcher | null {
  try {
    const watcher = watch(dirname(file), (_event, name) => {
      // Kubernetes replaces a mounted ConfigMap through the symlink `..data`
      if (name === null || name === "..data" || isPartOfConfig(file, name)) onChange();
    });
    return watcher.on("error", (error) => onProblem(messageOf(error)));
  } catch (thrown) {
    onProblem(messageOf(thrown));
    return null;
  }
}
