import { CartwayError } from "@libs/errors";
import { type AnyElysia, Elysia } from "elysia";
import type { AdminParts } from "../admin-parts.ts";

/** `POST /config/reload`: reloads the config file, or reports why it cannot be used. Audited either way. */
export function reloadConfig(parts: AdminParts): AnyElysia {
  async function reload(request: Request): Promise<object> {
    const { actor } = parts.identify(request);
    const before = parts.configStatus();
    const result = await parts.reloadConfig(`asked for by ${actor}`);
    const after = parts.configStatus();
    const entry = { actor, verb: "config.reload", subject: "config" };
    await parts.audit.record({
      ...entry,
      before: { hash: before.hash },
      after: { hash: after.hash, ...result },
    });
    if (result.outcome === "applied") return { ...result, status: after };
    const issues = result.issues.map(({ file: _file, ...issue }) => issue);
    throw new CartwayError("validation_failed", {
      message: "The config is invalid; nothing was changed.",
      details: { problem: result.problem, issues },
    });
  }

  return new Elysia().post("/config/reload", ({ request }) => reload(request), {
    detail: { tags: ["config"], summary: "Reload the config from its file" },
  });
}
