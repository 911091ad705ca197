import { watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { Logger } from "@libs/monitoring";
import type { Gateway } from "./build-gateway.ts";
import { type LoadOptions, loadConfig } from "./config/load-config.ts";

/** An editor writes a file in several steps: the change is read when they have settled. */
const settleMs = 100;

/** What is reloaded. */
type Reloadable = Pick<Gateway, "reload" | "reloadFailed">;

/**
 * Reloads the config on SIGHUP and when its file changes. What cannot be used changes nothing and is logged with all that is
 * wrong with it. @returns what ends the watch.
 */
export function reloadOnChange(
  source: LoadOptions,
  gateway: Reloadable,
  logger: Logger,
): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();

  const reload = (reason: string): void => {
    running = running.then(() => reloadOnce(source, gateway, logger, reason));
  };
  const onHangup = (): void => reload("SIGHUP");
  process.on("SIGHUP", onHangup);
  // The folder, not the file: an editor or a mounted ConfigMap replaces the file, and a watch on the old one stays silent.
  const watcher = watch(dirname(source.file), (_event, name) => {
    if (name !== null && !name.startsWith(basename(source.file).split(".")[0] ?? "") && name !== "..data")
      return;
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

async function reloadOnce(
  source: LoadOptions,
  gateway: Reloadable,
  logger: Logger,
  reason: string,
): Promise<void> {
  try {
    await gateway.reload(await loadConfig(source));
    logger.info({ reason }, "the config was reloaded");
  } catch (thrown) {
    gateway.reloadFailed();
    logger.error(
      { reason, problem: thrown instanceof Error ? thrown.message : String(thrown) },
      "the config was not reloaded",
    );
  }
}
