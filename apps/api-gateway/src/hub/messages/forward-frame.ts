import { CartwayError, toCartwayError } from "@libs/errors";
import type { Frame } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";
import { hasTooMuchPending } from "../connections/flow-control.ts";
import type { HubContext } from "../hub-context.ts";
import { callService } from "./call-service.ts";
import type { MessageRoute } from "./message-route.ts";
import type { PendingFrame } from "./pending-frame.ts";
import { sendReply } from "./send-reply.ts";
import { type ServiceBody, writeServiceBody } from "./service-body.ts";
import { acknowledge, begin, end, fail } from "./settle-frame.ts";
import { isRecord } from "@libs/json";

export interface ForwardOptions {
  readonly frame: Frame;
  readonly route: MessageRoute;
  /** Length of the frame's text. */
  readonly bytes: number;
}

/** Sends a frame of a configured type to its service, or answers why not. */
export function forwardFrame(hub: HubContext, connection: Connection, options: ForwardOptions): void {
  const { frame, route } = options;
  const refusal = findRefusal(hub, connection, options);
  if (refusal !== null) return refuse(hub, connection, { frame, ...refusal });
  // checked above; it was parsed from the wire and is not shared
  const payload = frame.payload as Record<string, unknown>;
  const body = writeServiceBody(connection, { frame, payload }, route);
  const pending = createPending(connection, options, body);
  if (pending.key !== null && isAnswered(hub, pending)) return;
  route.accepted.inc();
  begin(hub, pending);
  if (route.ack === "received") acknowledge(hub, pending);
  if (route.batcher !== null) route.batcher.add(body.text, pending);
  else void ask(hub, pending, body.text);
}

interface Refusal {
  readonly error: CartwayError;
  readonly outcome: "invalid" | "rate_limited" | "overloaded";
  readonly retryAfterMs?: number;
}

function findRefusal(
  hub: HubContext,
  connection: Connection,
  { frame, route, bytes }: ForwardOptions,
): Refusal | null {
  const { payload } = frame;
  if (bytes > route.bytesMax) {
    const message = `A ${route.type} has at most ${route.bytesMax} bytes.`;
    return { error: new CartwayError("payload_too_large", { message }), outcome: "invalid" };
  }
  if (!isRecord(payload)) {
    const message = "The payload is a JSON object.";
    return { error: new CartwayError("validation_failed", { message }), outcome: "invalid" };
  }
  if (route.rate !== null) {
    const retryAfterMs = connection.takeTypeToken(route.type, route.rate, performance.now());
    if (retryAfterMs > 0)
      return { error: new CartwayError("rate_limited"), outcome: "rate_limited", retryAfterMs };
  }
  const { inFlightMax, inFlightBytesMax } = connection.slot.current.limits;
  // connections that cannot be paused are refused instead
  const isTooMany = !connection.isNative && hasTooMuchPending(connection);
  const isFull = hub.state.inFlight >= inFlightMax || hub.state.inFlightBytes + bytes > inFlightBytesMax;
  if (isTooMany || isFull) {
    return { error: new CartwayError("overloaded"), outcome: "overloaded", retryAfterMs: 250 };
  }
  const details = route.check?.(payload) ?? null;
  return details === null
    ? null
    : { error: new CartwayError("validation_failed", { details }), outcome: "invalid" };
}

function refuse(
  hub: HubContext,
  connection: Connection,
  { frame, error, outcome, retryAfterMs }: Refusal & { readonly frame: Frame },
): void {
  hub.metrics.framesReceived.with({ type: frame.type, outcome }).inc();
  const { code, message, details } = error;
  hub.delivery.error(connection, {
    id: frame.id ?? null,
    code,
    message,
    ...(details === undefined ? {} : { details }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function createPending(
  connection: Connection,
  { frame, route }: ForwardOptions,
  { text, hash }: ServiceBody,
): PendingFrame {
  const { id = null } = frame;
  return {
    connection,
    route,
    id,
    key: id === null || route.reply !== null ? null : `${route.idsOf} ${ownerOf(connection, frame)} ${id}`,
    hash,
    bytes: text.length,
    receivedAt: performance.now(),
  };
}

/** Whose ids they are. A stranger must not use up those of a user by taking the user's id as session id. */
function ownerOf({ principal, id }: Connection, { sessionId }: Frame): string {
  if (principal !== null) return `user:${principal.subject}`;
  return sessionId === undefined ? `connection:${id}` : `session:${sessionId}`;
}

/** Answers known ids without the service: repeats the ack, or reports a conflict. */
function isAnswered(
  hub: HubContext,
  { connection, route, id, key, hash, receivedAt }: PendingFrame,
): boolean {
  if (key === null || id === null) return false;
  const known = hub.knownIds.check(key, hash, receivedAt);
  if (known === "new" || known === "under-way") return false;
  const outcome = known === "conflict" ? "conflict" : "duplicate";
  hub.metrics.framesReceived.with({ type: route.type, outcome }).inc();
  if (known === "acknowledged") hub.delivery.ack(connection, route.ack === "none" ? null : id);
  else
    hub.delivery.error(connection, {
      id,
      code: "conflict",
      message: "This id was already used with a different payload.",
    });
  return true;
}

async function ask(hub: HubContext, pending: PendingFrame, body: string): Promise<void> {
  const { connection, route } = pending;
  const { service, path, timeoutMs } = route;
  try {
    const answer = await callService(hub, {
      service,
      path,
      body,
      timeoutMs,
      principal: connection.principal,
      work: route.type,
    });
    hub.delivery.together([connection], () => {
      if (route.reply !== null) sendReply(hub, pending, readReply(answer.body));
      if (route.ack !== "received") acknowledge(hub, pending);
    });
  } catch (thrown) {
    fail(hub, pending, toCartwayError(thrown));
  } finally {
    end(hub, pending);
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Parses the reply, so that invalid JSON is never put into a frame. */
function readReply(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new CartwayError("upstream_invalid", { cause, internal: "the service's reply is not JSON" });
  }
}
