import type { Logger } from "@libs/monitoring";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { Service } from "../../model/upstream/service.ts";

/** Marks a copy for the service and its logs. */
const mark = "x-cartway-mirror";

export interface CopyOptions {
  readonly body: Uint8Array | null;
  readonly timeoutMs: number;
  readonly logger: Logger;
}

/** Sends the request as the route's own service gets it, and drains the answer. Never rejects. @returns whether there was an answer */
export async function sendCopy(
  exchange: Exchange,
  service: Service,
  { body, timeoutMs, logger }: CopyOptions,
): Promise<boolean> {
  const signal = AbortSignal.timeout(timeoutMs);
  const copy = exchange.detach(signal);
  copy.serviceId = service.id;
  copy.upstreamHeaders.set(mark, exchange.routeId);
  try {
    const answer = await service.send({
      method: exchange.method,
      path: exchange.upstreamPath,
      headers: copy.upstreamHeaders,
      host: null,
      body,
      contentLength: body?.byteLength ?? null,
      timeouts: service.timeouts,
      abortable: { signal },
      deadline: performance.now() + timeoutMs,
      exchange: copy,
      watcher: copy.watcher,
      decisions: null,
    });
    if (answer.body instanceof ReadableStream) await answer.body.pipeTo(new WritableStream(), { signal });
    return true;
  } catch (thrown) {
    // counted by the caller; the service's own metrics and log say more
    logger.debug({ err: thrown, service: service.id }, "a mirrored request failed");
    return false;
  } finally {
    copy.end();
  }
}
