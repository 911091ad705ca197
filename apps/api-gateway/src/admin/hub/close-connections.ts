import { type Static, Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia } from "elysia";
import { closeConnections as closeAnywhere } from "../../hub/admin/act-on-connections.ts";
import type { AdminParts } from "../admin-parts.ts";
import { connectionTarget } from "./connection-target.ts";
import { describeTarget } from "./describe-target.ts";

const body = Type.Object(
  {
    target: connectionTarget,
    reason: Type.Union([Type.Literal("closedByOperator"), Type.Literal("forcedReconnect")], {
      default: "closedByOperator",
      description: "closedByOperator keeps clients away, forcedReconnect brings them back.",
    }),
  },
  { additionalProperties: false },
);

/** `POST /hub/close` → 202: all instances were notified. */
export function closeConnections(parts: AdminParts): AnyElysia {
  async function close({ target, reason }: Static<typeof body>, request: Request): Promise<Response> {
    const { actor } = parts.identify(request);
    const before = await describeTarget(parts.hub, target);
    const subject = `${target.by} ${target.id}`;
    await parts.audit.record({ actor, verb: "hub.close", subject, before, after: { closed: reason } });
    await closeAnywhere(parts.hub, target, reason);
    return Response.json({ target, reason, seen: before }, { status: 202 });
  }

  return new Elysia().post("/hub/close", ({ body, request }) => close(body, request), {
    body,
    detail: { tags: ["hub"], summary: "Close connections on any instance" },
  });
}
