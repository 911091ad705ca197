import {
  createAnswerError,
  type Front,
  parseJson,
  readBody,
  requestIdHeader,
  requestIdOf,
} from "@libs/elysia-server";
import type { Logger } from "@libs/monitoring";
import { type AnyElysia, Elysia, t } from "elysia";
import { CartEventSchema } from "../events/cart-event.ts";
import { type ReceiveParts, receiveEvents } from "../events/receive-events.ts";

/** A thousand events of the largest size that a storefront has reason to send. */
const bodyBytesMax = 4 * 1024 * 1024;

/**
 * `POST /events` before Elysia: one event or up to 1,000, answered when they are on disk. Any content type is read as JSON,
 * because a page that is being left can send only `text/plain` (`navigator.sendBeacon`).
 */
export function createEventFront(parts: ReceiveParts, logger: Logger): Front {
  const answerError = createAnswerError(logger);

  async function receive(request: Request): Promise<Response> {
    const requestId = requestIdOf(request);
    try {
      const receipt = await receiveEvents(parseJson(await readBody(request, bodyBytesMax)), parts);
      return Response.json(receipt, { headers: { [requestIdHeader]: requestId } });
    } catch (thrown) {
      return answerError(thrown, requestId);
    }
  }

  return (request) =>
    request.method === "POST" && pathOf(request.url) === "/events" ? receive(request) : null;
}

function pathOf(url: string): string {
  const start = url.indexOf("/", "https://".length);
  const mark = url.indexOf("?", start);
  return mark < 0 ? url.slice(start) : url.slice(start, mark);
}

/** The same endpoint for the API description; the front takes its requests. */
export function createEventRoutes(parts: ReceiveParts): AnyElysia {
  return new Elysia({ name: "ingestion/events" }).post("/events", ({ body }) => receiveEvents(body, parts), {
    body: t.Union([CartEventSchema, t.Array(CartEventSchema, { maxItems: 1000 })]),
    detail: { summary: "Takes cart events; what is acknowledged is on disk", tags: ["events"] },
  });
}
