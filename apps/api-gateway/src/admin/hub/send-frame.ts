import { type Static, Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia } from "elysia";
import { prepareToSend, sendToConnections } from "../../hub/admin/act-on-connections.ts";
import type { AdminParts } from "../admin-parts.ts";
import { connectionTarget } from "./connection-target.ts";
import { describeTarget } from "./describe-target.ts";

const body = Type.Object(
  {
    target: connectionTarget,
    frame: Type.Object(
      {
        type: Type.String({ minLength: 1, maxLength: 128 }),
        payload: Type.Optional(Type.Unknown()),
        id: Type.Optional(Type.String({ maxLength: 128 })),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

/** `POST /hub/send` → 202 `{ id }`: all instances were notified. The payload is not audited. */
export function sendFrame(parts: AdminParts): AnyElysia {
  async function send({ target, frame }: Static<typeof body>, request: Request): Promise<Response> {
    const { actor } = parts.identify(request);
    // prepared first: a refused frame must not be audited as sent
    const prepared = prepareToSend(frame);
    const [{ type }, { id }] = [frame, prepared];
    const before = await describeTarget(parts.hub, target);
    const subject = `${target.by} ${target.id}`;
    await parts.audit.record({ actor, verb: "hub.send", subject, before, after: { type, id } });
    await sendToConnections(parts.hub, target, prepared);
    return Response.json({ id, target, seen: before }, { status: 202 });
  }

  return new Elysia().post("/hub/send", ({ body, request }) => send(body, request), {
    body,
    detail: { tags: ["hub"], summary: "Send a frame to connections on any instance" },
  });
}
