import type { CartwayError } from "@libs/errors";
import type { Logger } from "@libs/monitoring";
import type { Exchange } from "../model/exchange.ts";
import type { CompiledRoute } from "../pipeline/compiled-route.ts";

export interface AccessLog {
  record(route: CompiledRoute, exchange: Exchange, status: number, error: CartwayError | null): void;
}

export interface AccessLogOptions {
  readonly logger: Logger;
  /** Share of the requests that get a line; what the gateway itself failed at (5xx) always does. */
  readonly sampleRatio: () => number;
  readonly random?: () => number;
}

/** One line a request: who asked what, where it went, how it ended and why. No query, no header, no body. */
export function createAccessLog({ logger, sampleRatio, random = Math.random }: AccessLogOptions): AccessLog {
  return {
    record(route, exchange, status, error) {
      const isFailure = error !== null && error.status >= 500;
      if (!isFailure && random() >= sampleRatio()) return;
      const fields = {
        requestId: exchange.requestId,
        method: exchange.method,
        host: exchange.target.host,
        path: exchange.target.path,
        route: route.id,
        service: exchange.serviceId,
        clientIp: exchange.clientIp,
        tenantId: exchange.tenantId,
        status,
        durationMs: Math.round((performance.now() - exchange.startedAt) * 1000) / 1000,
        ...(error === null ? {} : { code: error.code, reason: error.internal, err: error.cause }),
      };
      if (isFailure) logger.warn(fields, "a request failed");
      else logger.info(fields, "request");
    },
  };
}
