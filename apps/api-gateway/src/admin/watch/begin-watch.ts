import { CartwayError } from "@libs/errors";
import { isRecord } from "@libs/json";
import { type Static, Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia } from "elysia";
import type { AdminParts } from "../admin-parts.ts";

const body = Type.Object(
  {
    route: Type.Union([Type.Null(), Type.String({ maxLength: 256 })], {
      default: null,
      description: "The id of a route; null for any.",
    }),
    requests: Type.Integer({ minimum: 1, maximum: 200, default: 20, description: "How many are watched." }),
    durationMs: Type.Integer({
      minimum: 1000,
      maximum: 600_000,
      default: 60_000,
      description: "After this time no further one is.",
    }),
  },
  { additionalProperties: false },
);

/** Elysia applies defaults to any value, even an array or a number. */
function refuseAllButObjects(given: unknown): void {
  if (given === undefined || isRecord(given)) return;
  throw new CartwayError("validation_failed", { message: "The body must be a JSON object." });
}

/** `POST /watch`: collects the decisions about upcoming requests, replacing earlier ones. */
export function beginWatch({ watch, current, identify, audit }: AdminParts): AnyElysia {
  async function begin(order: Static<typeof body>, request: Request): Promise<Response> {
    const { actor } = identify(request);
    const { route } = order;
    if (route !== null && !current().routes.some(({ id }) => id === route))
      throw new CartwayError("not_found", { message: "There is no such route." });
    const before = { left: watch.state().left };
    await audit.record({ actor, verb: "watch.begin", subject: route ?? "any route", before, after: order });
    watch.begin(order);
    return Response.json(watch.state(), { status: 202 });
  }

  return new Elysia().post("/watch", ({ body, request }) => begin(body, request), {
    body,
    transform: ({ body }) => refuseAllButObjects(body),
    detail: { tags: ["routes"], summary: "Start watching the next requests, of one route or any" },
  });
}
