import { pause } from "@libs/resilience";
import type { Logger } from "@libs/monitoring";
import { authorityOf } from "../../model/upstream/authority-of.ts";
import { HeaderList } from "../../model/http/header-list.ts";
import type { UpstreamClient } from "../../model/upstream/upstream.ts";
import type { Target } from "../targets/target.ts";
import type { TargetObserver } from "../targets/target-pool.ts";
import type { HealthSettings } from "./health-schema.ts";
import type { UnhealthyTargets } from "./unhealthy-targets.ts";

export interface ActiveCheckParts {
  readonly service: string;
  readonly client: UpstreamClient;
  readonly logger: Logger;
  readonly random: () => number;
  readonly unhealthy: UnhealthyTargets;
  /** Called when a target's health has changed. */
  readonly refresh: () => void;
}

/**
 * Checks every target periodically, each with its own jitter so that many gateways do not check at the same time, while at least one user
 * needs the results.
 */
export class ActiveChecks implements TargetObserver {
  readonly #settings: HealthSettings;
  readonly #parts: ActiveCheckParts;
  /** Every target, with what ends its checks; `null` while there are none. */
  readonly #watches = new Map<Target, AbortController | null>();
  #isActive = false;

  constructor(settings: HealthSettings, parts: ActiveCheckParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  added(target: Target): void {
    if (this.#parts.unhealthy.has(this.#parts.service, target.id)) target.isHealthy = false;
    this.#watches.set(target, this.#isActive ? this.#begin(target) : null);
  }

  removed(target: Target): void {
    this.#watches.get(target)?.abort();
    this.#watches.delete(target);
  }

  start(): void {
    this.#isActive = true;
    for (const [target, running] of this.#watches)
      if (running === null) this.#watches.set(target, this.#begin(target));
  }

  /** Leaves every target as it was found last. */
  stop(): void {
    this.#isActive = false;
    for (const [target, running] of this.#watches) {
      running?.abort();
      this.#watches.set(target, null);
    }
  }

  #begin(target: Target): AbortController {
    const controller = new AbortController();
    void this.#watch(target, controller.signal);
    return controller;
  }

  async #watch(target: Target, ended: AbortSignal): Promise<void> {
    const { intervalMs, rise, fall } = this.#settings;
    let streak = 0;
    while (!ended.aborted) {
      const well = await this.#probe(target);
      streak = well === target.isHealthy ? 0 : streak + 1;
      if (!ended.aborted && streak >= (well ? rise : fall)) {
        streak = 0;
        this.#change(target, well);
      }
      await pause(intervalMs * (0.8 + this.#parts.random() * 0.4), ended);
    }
  }

  #change(target: Target, well: boolean): void {
    const { service, unhealthy, logger, refresh } = this.#parts;
    target.isHealthy = well;
    unhealthy.note(service, target.id, well);
    refresh();
    const fields = { service, target: target.id };
    if (well) logger.info(fields, "a target passes its health checks again");
    else logger.warn(fields, "a target fails its health checks and gets no requests");
  }

  async #probe({ upstream }: Target): Promise<boolean> {
    const { path, timeoutMs } = this.#settings;
    const headers = new HeaderList(["host", authorityOf(upstream), "user-agent", "cartway-health"]);
    const request = { method: "GET", path, headers, body: null, contentLength: null };
    const timeouts = { connectMs: timeoutMs, firstByteMs: timeoutMs, idleMs: timeoutMs };
    try {
      const abortable = { signal: AbortSignal.timeout(timeoutMs) };
      const { status, body } = await this.#parts.client.send(upstream, request, timeouts, abortable);
      if (body instanceof ReadableStream) await body.cancel();
      return status >= 200 && status < 300;
    } catch {
      // A check has no other way to fail than "not well"; the change of state is what gets logged.
      return false;
    }
  }
}
