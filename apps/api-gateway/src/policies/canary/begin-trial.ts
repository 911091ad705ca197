import type { PolicyDeps } from "../policy-deps.ts";
import { CanaryTrial, type Rollback } from "./canary-trial.ts";
import type { CanaryConfig, RollbackConfig } from "./schema.ts";

export interface RunningTrial {
  readonly trial: CanaryTrial;
  readonly end: () => void;
}

/** Starts a canary's trial. Its end is reported to the log, the metrics and the admin port, which can restart it. */
export function beginTrial(
  { service, percent }: Pick<CanaryConfig, "service" | "percent">,
  config: RollbackConfig,
  { metrics, logger, now, canaries }: PolicyDeps,
  route: string,
): RunningTrial {
  const rollbacks = metrics.counter({
    name: "cartway_canary_rollbacks_total",
    help: "Canaries that lost their share because they were worse than the service beside them, by what showed it.",
    labels: ["route", "service", "reason"],
  });
  const active = metrics.gauge({
    name: "cartway_canary_active",
    help: "1 while a canary that can roll itself back has its share, 0 once it was rolled back.",
    labels: ["route", "service"],
  });
  const trial = new CanaryTrial(config, { now, monotonicNow: () => performance.now(), onRollback });

  function onRollback({ reason, canary, own }: Rollback): void {
    rollbacks.with({ route, service, reason }).inc();
    logger.warn({ route, service, reason, canary, own }, "a canary was rolled back");
  }

  const endShowing = metrics.beforeRender(() =>
    active.with({ route, service }).set(trial.rollback === null ? 1 : 0),
  );
  const leave = canaries.add({ route, service, percent, trial });
  const end = (): void => {
    leave();
    endShowing();
    // if another config has the same canary, the next rendering brings it back
    active.remove({ route, service });
  };
  return { trial, end };
}
