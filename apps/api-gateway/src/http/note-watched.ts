import { ownText } from "@libs/http1";
import type { ExchangeWatch } from "../telemetry/exchange-watch.ts";
import { truncatedPath } from "./truncated-path.ts";
import type { ExchangeRecorder } from "./record-exchange.ts";

/** Wraps a recorder to keep the decisions of exchanges that an operator watches. */
export function noteWatched(
  recorder: ExchangeRecorder,
  watch: ExchangeWatch,
  now: () => number,
): ExchangeRecorder {
  return {
    refused: (refused) => recorder.refused(refused),
    ended(exchange, route) {
      recorder.ended(exchange, route);
      const { decisions, error, target, requestId, method, status } = exchange;
      if (decisions === null) return;
      watch.add({
        at: new Date(now()).toISOString(),
        requestId: ownText(requestId),
        method,
        host: target.host,
        path: truncatedPath(target),
        route: route.id,
        service: exchange.serviceId,
        status,
        code: error?.code ?? null,
        queuedMs: exchange.queuedMs,
        connectMs: exchange.connectMs,
        firstByteMs: exchange.firstByteMs,
        decisions,
      });
    },
  };
}
