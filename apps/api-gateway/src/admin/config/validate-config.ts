import { readBody } from "@libs/elysia-server";
import { CartwayError } from "@libs/errors";
import { type AnyElysia, Elysia } from "elysia";
import { validateOffThread } from "../../config/worker/validate-off-thread.ts";
import { adminBodyBytesMax } from "../admin-body-bytes-max.ts";
import type { AdminParts } from "../admin-parts.ts";

/** Each validation takes a thread, and cores are few. */
const atOnceMax = 2;

/**
 * `POST /config/validate`: a config as YAML or JSON → all its problems with their places, or what it would change. Changes nothing.
 * Secrets and other bindings are only checked by a reload, and files that it names only for callers who may reload.
 */
export function validateConfig({ current, identify }: AdminParts): AnyElysia {
  let running = 0;

  async function validate(request: Request): Promise<object> {
    const text = new TextDecoder().decode(await readBody(request, adminBodyBytesMax));
    if (running >= atOnceMax) throw new CartwayError("overloaded", { retryAfterSeconds: 1 });
    running += 1;
    try {
      const { mayChange } = identify(request);
      return await validateOffThread({ text, readsFiles: mayChange }, current().config);
    } finally {
      running -= 1;
    }
  }

  return new Elysia().post("/config/validate", ({ request }) => validate(request), {
    parse: "none",
    detail: {
      tags: ["config"],
      summary: "Validate a config: list its problems, or what it would change",
      requestBody: { content: { "application/yaml": { schema: { type: "string" } } } },
    },
  });
}
