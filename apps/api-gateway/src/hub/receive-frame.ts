import { FrameFault, type Frame, parseFrame } from "@libs/messaging";
import type { Connection } from "./connections/connection.ts";
import type { HubContext } from "./hub-context.ts";
import { forwardFrame } from "./messages/forward-frame.ts";
import { applyFrameLimit } from "./apply-frame-limit.ts";
import { findOwnFrame } from "./own-frames/registry.ts";

/**
 * READ THIS FIRST: a frame's way through the hub. Every frame that has an id is answered with exactly one ack or error, here or by the
 * function it is passed to.
 */
export function receiveFrame(hub: HubContext, connection: Connection, message: unknown): void {
  if (!connection.isOpen) return;
  if (typeof message !== "string") return hub.delivery.close(connection, "notText");
  connection.framesReceived += 1;
  const frame = parseFrame(message, connection.slot.current.limits);
  if (frame instanceof FrameFault) return refuseFault(hub, connection, frame);
  if (isRefusedForRate(hub, connection, frame)) return;
  if (hub.state.isDraining) {
    return hub.delivery.error(connection, { id: frame.id ?? null, code: "shutting_down" });
  }
  bindSession(hub, connection, frame);
  const own = findOwnFrame(frame.type);
  if (own !== undefined) return own(hub, connection, frame);
  const route = connection.slot.current.messages.get(frame.type);
  if (route === undefined) return refuseType(hub, connection, frame);
  const sized = { frame, bytes: message.length };
  applyFrameLimit(hub, connection, sized, () => forwardFrame(hub, connection, { ...sized, route }));
}

/** Receives several frames at once; their answers are sent in one write. */
export function receiveTexts(hub: HubContext, connection: Connection, texts: readonly string[]): void {
  hub.delivery.together([connection], () => {
    for (const text of texts) receiveFrame(hub, connection, text);
  });
}

/** Binds the connection to the first session that a frame names. Later ones, as in a replay, are only forwarded. */
function bindSession(hub: HubContext, connection: Connection, frame: Frame): void {
  if (connection.sessionId !== null || frame.sessionId === undefined) return;
  connection.sessionId = frame.sessionId;
  hub.sessions.enter(frame.sessionId);
}

/** Answers an invalid frame, and closes the connection of a client that keeps sending them. */
function refuseFault(hub: HubContext, connection: Connection, fault: FrameFault): void {
  hub.metrics.framesReceived.with({ type: "unknown", outcome: "invalid" }).inc();
  connection.badFrames += 1;
  hub.delivery.error(connection, { id: fault.id, code: fault.code, message: fault.message });
  if (connection.badFrames >= connection.slot.current.limits.badFramesMax)
    hub.delivery.close(connection, "badFrames");
}

/** The maximum of types listed in the refusal of an unknown one. */
const knownTypesMax = 20;

function refuseType(hub: HubContext, connection: Connection, frame: Frame): void {
  hub.metrics.framesReceived.with({ type: "unknown", outcome: "unknown_type" }).inc();
  const { path, messages } = connection.slot.current;
  const known = [...messages.keys()].slice(0, knownTypesMax).join(", ") || "none but the hub's own";
  const message = `${path} takes no frames of this type; of those that go to services: ${known}.`;
  hub.delivery.error(connection, { id: frame.id ?? null, code: "unknown_message_type", message });
}

/** Refuses frames above the rate, and closes a client that does not slow down. */
function isRefusedForRate(hub: HubContext, connection: Connection, frame: Frame): boolean {
  const waitMs = connection.takeToken(performance.now());
  if (waitMs === 0) {
    if (connection.refusedFrames > 0) connection.refusedFrames -= 1;
    return false;
  }
  hub.metrics.framesReceived.with({ type: "unknown", outcome: "rate_limited" }).inc();
  connection.refusedFrames += 1;
  hub.delivery.error(connection, { id: frame.id ?? null, code: "rate_limited", retryAfterMs: waitMs });
  if (connection.refusedFrames > connection.slot.current.limits.refusedMax) {
    hub.delivery.close(connection, "tooManyRequests");
  }
  return true;
}
