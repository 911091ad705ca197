import { CartwayError } from "@libs/errors";
import { Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia } from "elysia";
import { idOf } from "../../policies/canary/canary-board.ts";
import type { AdminParts } from "../admin-parts.ts";

const named = Type.Object(
  { id: Type.String({ minLength: 1, maxLength: 512, description: "As `GET /canaries` names it." }) },
  { additionalProperties: false },
);

/** `POST /canaries/reset`: restores the canary's share on this instance, and starts its evaluation over. */
export function resetCanary({ canaries, identify, audit }: AdminParts): AnyElysia {
  async function reset(id: string, request: Request): Promise<{ reset: string }> {
    const entry = canaries.all().find((one) => idOf(one) === id);
    if (entry === undefined) throw new CartwayError("not_found", { message: "There is no such canary." });
    const { actor } = identify(request);
    const before = entry.trial.rollback === null ? "on trial" : "rolled back";
    await audit.record({ actor, verb: "canary.reset", subject: id, before, after: "on trial" });
    entry.trial.reset();
    return { reset: id };
  }

  return new Elysia().post("/canaries/reset", ({ body, request }) => reset(body.id, request), {
    body: named,
    detail: { tags: ["routes"], summary: "Restore a canary's share" },
  });
}
