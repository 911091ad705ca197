import { CartwayError, toCartwayError } from "@libs/errors";
import type { LogContext } from "@libs/monitoring";
import type { HubContext } from "../hub-context.ts";
import { callService } from "./call-service.ts";
import { isOfTheBody } from "./is-of-the-body.ts";
import type { MessageRoute } from "./message-route.ts";
import type { PendingFrame } from "./pending-frame.ts";
import { readBatchAnswer } from "./read-batch-answer.ts";
import { sendReply } from "./send-reply.ts";
import { acknowledge, end, fail } from "./settle-frame.ts";

/**
 * Sends many frames in one call, and answers each by the result of its index. A body that is refused as a whole is sent again in halves, so
 * that one client's frame cannot fail those of others. Does not reject.
 */
export async function sendBatch(
  hub: HubContext,
  route: MessageRoute,
  texts: readonly string[],
  frames: readonly PendingFrame[],
): Promise<void> {
  const { service, path, timeoutMs, type } = route;
  const body = `[${texts.join(",")}]`;
  const log: LogContext = { requestId: Bun.randomUUIDv7() };
  hub.metrics.batchFrames.with({ type }).observe(frames.length);
  try {
    const answer = await callService(hub, {
      service,
      path,
      body,
      timeoutMs,
      principal: null,
      work: type,
      frames: frames.length,
      log,
    });
    const sent = { elements: frames.length, isReplied: route.reply !== null };
    const { rejections, replies } = readBatchAnswer(answer, sent);
    answerEach(hub, frames, (frame, index) => {
      const rejection = rejections.get(index);
      if (rejection !== undefined)
        return fail(hub, frame, new CartwayError(rejection.code, rejection), rejection.retryable);
      if (replies !== null) sendReply(hub, frame, replies[index]);
      if (route.ack !== "received") acknowledge(hub, frame);
    });
  } catch (thrown) {
    const error = toCartwayError(thrown);
    const { code, internal } = error;
    if (frames.length > 1 && isOfTheBody(error)) {
      const half = Math.ceil(frames.length / 2);
      await sendBatch(hub, route, texts.slice(0, half), frames.slice(0, half));
      return sendBatch(hub, route, texts.slice(half), frames.slice(half));
    }
    hub.warnings.warn("a batch failed", { ...log, service, frames: frames.length, code, internal });
    answerEach(hub, frames, (frame) => fail(hub, frame, error));
  }
}

function answerEach(
  hub: HubContext,
  frames: readonly PendingFrame[],
  answer: (frame: PendingFrame, index: number) => void,
): void {
  const connections = new Set(frames.map((frame) => frame.connection));
  hub.delivery.together(connections, () => {
    for (const [index, frame] of frames.entries()) answer(frame, index);
  });
  for (const frame of frames) end(hub, frame);
}
