import { type DirectRoute, parseJson, readBody } from "@libs/elysia-server";
import { type AnyElysia, Elysia, t } from "elysia";
import { CartEventSchema } from "../events/cart-event.ts";
import { type ReceiveParts, receiveEvents } from "../events/receive-events.ts";
import { receiptAnswers } from "./answers.ts";

/** A thousand events of the largest size that a storefront would reasonably send. */
const bodyBytesMax = 4 * 1024 * 1024;

/**
 * `POST /events` before Elysia: one event or up to 1,000, answered once they are on disk. Any content type is read as JSON,
 * because a page that is being closed can send only `text/plain` (`navigator.sendBeacon`).
 */
export function createDirectEventRoute(parts: ReceiveParts): DirectRoute {
  return {
    method: "POST",
    path: "/events",
    async handle(request) {
      const body = parseJson(await readBody(request, bodyBytesMax));
      return Response.json(await receiveEvents(body, parts));
    },
  };
}

/** The same endpoint for the API description; requests are handled by the direct route. */
export function createEventRoutes(parts: ReceiveParts): AnyElysia {
  return new Elysia({ name: "ingestion/events" }).post("/events", ({ body }) => receiveEvents(body, parts), {
    body: t.Union([CartEventSchema, t.Array(CartEventSchema, { maxItems: 1000 })]),
    detail: {
      summary: "Ingest cart events; acknowledged events are on disk",
      tags: ["events"],
      responses: receiptAnswers,
    },
  });
}
