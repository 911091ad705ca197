import { CartwayError, type ErrorCode, isErrorCode } from "@libs/errors";
import type { Principal } from "../../model/identity/principal.ts";
import type { LogContext } from "@libs/monitoring";
import type { ServiceAnswer } from "../../model/upstream/service-caller.ts";
import { callerOf } from "../../policies/known-caller.ts";
import { traceWork } from "../../telemetry/trace-work.ts";
import type { HubContext } from "../hub-context.ts";

export interface HubCall {
  readonly service: string;
  readonly path: string;
  readonly body: string;
  readonly timeoutMs: number;
  /** The caller; `null` for anonymous callers and for batches. */
  readonly principal: Principal | null;
  /** The name of the span: the message type, or the hub's own work. */
  readonly work: string;
  /** How many frames the call carries; 1 where not given. */
  readonly frames?: number;
  /** Log context of the call: the service gets its request id, and the trace id is added to it. */
  readonly log?: LogContext;
}

/** Posts JSON to a service, with a span of its own. Resolves with a 2xx answer; rejects with the `CartwayError` for the sender. */
export function callService(
  hub: Pick<HubContext, "services" | "tracer">,
  call: HubCall,
): Promise<ServiceAnswer> {
  const attributes = {
    "messaging.system": "cartway",
    "messaging.operation.type": "process",
    "messaging.destination.name": call.work,
    "messaging.batch.message_count": call.frames ?? 1,
    "cartway.service": call.service,
  };
  const { log } = call;
  const onTrace = (traceId: string): void => {
    if (log !== undefined) log.traceId = traceId;
  };
  const work = { name: `process ${call.work}`, attributes, onTrace };
  return traceWork(hub.tracer, work, async (watcher) => {
    const answer = await hub.services().call(call.service, {
      method: "POST",
      path: call.path,
      headers: headersOf(call.log?.requestId ?? Bun.randomUUIDv7(), call.principal),
      body: call.body,
      signal: AbortSignal.timeout(call.timeoutMs),
      deadline: performance.now() + call.timeoutMs,
      watcher,
    });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refusalOf(answer);
  });
}

function headersOf(requestId: string, principal: Principal | null): Record<string, string> {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    accept: "application/json",
    "x-request-id": requestId,
  };
  const fields = principal === null ? [] : callerOf(principal).fields;
  for (let index = 0; index < fields.length; index += 2)
    headers[fields[index] ?? ""] = fields[index + 1] ?? "";
  return headers;
}

/** The service's own error if it is in the envelope; otherwise by the status, and whether that can be retried. */
function refusalOf(answer: ServiceAnswer): CartwayError {
  const error = readEnvelope(answer);
  if (error !== null) return error;
  const code: ErrorCode =
    byStatus[answer.status] ?? (answer.status >= 500 ? "upstream_invalid" : "bad_request");
  return new CartwayError(code, { internal: `the service answered ${answer.status}` });
}

const byStatus: Readonly<Record<number, ErrorCode>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  413: "payload_too_large",
  422: "validation_failed",
  429: "rate_limited",
  503: "no_target",
  504: "upstream_timeout",
};

function readEnvelope(answer: ServiceAnswer): CartwayError | null {
  const body = readJson(answer.body);
  if (typeof body !== "object" || body === null || !("error" in body)) return null;
  const { error } = body;
  if (typeof error !== "object" || error === null || !("code" in error) || !isErrorCode(error.code))
    return null;
  const message = "message" in error && typeof error.message === "string" ? { message: error.message } : {};
  const details = "details" in error && Array.isArray(error.details) ? { details: error.details } : {};
  return new CartwayError(error.code, { ...message, ...details });
}

const decoder = new TextDecoder();

/** `undefined` if the bytes are not JSON. */
export function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}
