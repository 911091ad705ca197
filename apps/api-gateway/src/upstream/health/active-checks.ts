import type { Logger } from "@libs/monitoring";
import { HeaderList } from "../../model/header-list.ts";
import type { UpstreamClient } from "../../model/upstream.ts";

import { pause } from "../pause.ts";
import type { ServiceMetrics } from "../service-metrics.ts";
import type { Target } from "../target.ts";

export interface ActiveCheckSettings {
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
}

export interface ActiveCheckParts {
  readonly service: string;
  readonly targets: readonly Target[];
  readonly client: UpstreamClient;
  readonly metrics: ServiceMetrics;
  readonly logger: Logger;
  readonly random?: () => number;
}

/**
 * Asks every target in turn whether it is well, each on its own jittered beat so that many gateways do not ask at once.
 * @returns what ends the checks.
 */
export function startActiveChecks(settings: ActiveCheckSettings, parts: ActiveCheckParts): () => void {
  const controller = new AbortController();
  for (const target of parts.targets) {
    parts.metrics.healthChanged(target.upstream.id, true);
    void watch(target, settings, parts, controller.signal);
  }
  return () => controller.abort();
}

async function watch(
  target: Target,
  { path, intervalMs, timeoutMs, rise, fall }: ActiveCheckSettings,
  parts: ActiveCheckParts,
  ended: AbortSignal,
): Promise<void> {
  const random = parts.random ?? Math.random;
  let streak = 0;
  while (!ended.aborted) {
    const well = await probe(target, path, timeoutMs, parts.client);
    streak = well === target.healthy ? 0 : streak + 1;
    if (!ended.aborted && streak >= (well ? rise : fall)) {
      target.healthy = well;
      streak = 0;
      parts.metrics.healthChanged(target.upstream.id, well);
      const fields = { service: parts.service, target: target.upstream.id };
      if (well) parts.logger.info(fields, "a target is well again");
      else parts.logger.warn(fields, "a target fails its checks and gets no requests");
    }
    await pause(intervalMs * (0.8 + random() * 0.4), ended);
  }
}

async function probe(
  target: Target,
  path: string,
  timeoutMs: number,
  client: UpstreamClient,
): Promise<boolean> {
  const headers = new HeaderList(["host", target.upstream.id, "user-agent", "cartway-health"]);
  const request = { method: "GET", path, headers, body: null, contentLength: null };
  const timeouts = { connectMs: timeoutMs, firstByteMs: timeoutMs, idleMs: timeoutMs };
  try {
    const { status, body } = await client.send(target.upstream, request, timeouts, {
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (body instanceof ReadableStream) await body.cancel();
    return status >= 200 && status < 300;
  } catch {
    // A check has no other way to fail than "not well"; the change of state is what gets logged.
    return false;
  }
}
