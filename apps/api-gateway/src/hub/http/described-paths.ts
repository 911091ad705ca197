import type { DocsPaths } from "@libs/elysia-server";
import { publicationsMax, PublicationSchema } from "./publication.ts";
import { DisconnectQuestion, HistoryQuestion, PresenceQuestion } from "./service-questions.ts";

const json = (schema: object) => ({ "application/json": { schema } });
const text = { type: "string" } as const;
const error = {
  title: "Problem",
  type: "object",
  properties: { error: { type: "object", properties: { code: text, message: text, requestId: text } } },
} as const;
const refused = (description: string) => ({ description, content: json(error) });
const receipt = {
  title: "PublicationReceipt",
  type: "object",
  properties: {
    id: text,
    position: {
      type: ["object", "null"],
      properties: { epoch: text, offset: { type: "integer" } },
    },
  },
} as const;

const position = {
  title: "Position",
  type: "object",
  properties: { epoch: text, offset: { type: "integer" } },
} as const;
const history = {
  title: "History",
  type: "object",
  properties: {
    position,
    complete: {
      type: "boolean",
      description: "Whether frames are all that followed, in order; none otherwise.",
    },
    frames: { type: "array", items: { type: "object", description: "As published, with its offset." } },
  },
} as const;
const member = {
  title: "Member",
  type: "object",
  properties: { connectionId: text, userId: { type: ["string", "null"] } },
} as const;
const presence = {
  title: "Presence",
  type: "object",
  properties: { count: { type: "integer" }, members: { type: "array", items: member } },
} as const;

/** The OpenAPI operation of a service's query to the hub. */
const query = ({
  id,
  summary,
  body,
  answer,
}: {
  id: string;
  summary: string;
  body: object;
  answer: object;
}) => ({
  post: {
    operationId: id,
    tags: ["hub"],
    summary,
    security: [{ bearer: [] }],
    requestBody: { content: json(body) },
    responses: {
      200: { description: "The answer.", content: json(answer) },
      401: refused("No credentials, or wrong ones"),
      403: refused("The caller may not"),
      404: refused("Nobody may: hub.publish names no identity"),
      422: refused("The body is invalid"),
      503: refused("The other instances cannot be reached"),
    },
  },
});

/** The hub's HTTP endpoints for the gateway's OpenAPI document. They are served before Elysia, which therefore cannot describe them. */
export const describedPaths: DocsPaths = {
  "/hub/publish": {
    post: {
      operationId: "publish",
      tags: ["hub"],
      summary: `Sends a frame, or up to ${publicationsMax}, to a room, a user, a device or a customer`,
      security: [{ bearer: [] }],
      requestBody: {
        content: json({
          oneOf: [PublicationSchema, { type: "array", maxItems: publicationsMax, items: PublicationSchema }],
        }),
      },
      responses: {
        200: {
          description: "For an array an array: of each its receipt, or the error that it alone has.",
          content: json({ oneOf: [receipt, { type: "array", items: { oneOf: [receipt, error] } }] }),
        },
        401: refused("No credentials, or wrong ones"),
        403: refused("The caller may not publish"),
        404: refused("Nobody may: hub.publish names no identity"),
        422: refused("The body is invalid"),
      },
    },
  },
  "/hub/history": query({
    id: "history",
    summary: "What a channel carried after a position",
    body: HistoryQuestion,
    answer: history,
  }),
  "/hub/presence": query({
    id: "presence",
    summary: "List a room's members on all instances",
    body: PresenceQuestion,
    answer: presence,
  }),
  "/hub/disconnect": query({
    id: "disconnect",
    summary: "Closes a user's, a device's or a customer's connections, on all instances, with 3507",
    body: DisconnectQuestion,
    answer: { title: "Disconnected", type: "object" },
  }),
  "/auth/ws-ticket": {
    post: {
      operationId: "issueTicket",
      tags: ["hub"],
      summary: "Create a ticket for one hub connection, valid once and for 30 s",
      security: [{ bearer: [] }],
      responses: {
        200: {
          description: "Shown as subprotocol ticket.TICKET, or as ?ticket=TICKET.",
          content: json({
            title: "Ticket",
            type: "object",
            properties: { ticket: text, expiresAt: { type: "integer" } },
          }),
        },
        401: refused("No credentials, or wrong ones"),
      },
    },
  },
};
