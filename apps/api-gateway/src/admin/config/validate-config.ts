import { readBody } from "@libs/elysia-server";
import { type AnyElysia, Elysia } from "elysia";
import { checkConfig } from "../../config/check-config.ts";
import { parseText } from "../../config/load-document.ts";
import { adminBodyBytesMax } from "../admin-body-bytes-max.ts";
import type { AdminParts } from "../admin-parts.ts";
import { compareConfigs } from "./config-changes.ts";

/** Told at most: whoever has a thousand faults mends the first ones first. */
const issuesMax = 1000;

/**
 * `POST /config/validate`: a config as YAML or JSON → everything that is wrong with it, each with its line, or what it would
 * change. Nothing is changed. Secrets and what else must be bound are looked at by a reload only.
 */
export function validateConfig({ current }: AdminParts): AnyElysia {
  async function validate(request: Request): Promise<object> {
    const text = new TextDecoder().decode(await readBody(request, adminBodyBytesMax));
    const document = parseText("config", text);
    if (document.issues.length > 0) return refused(document.issues);
    const checked = checkConfig(document.value);
    if (!checked.ok)
      return refused(checked.issues.map((issue) => ({ ...issue, line: document.lineOf(issue.path) })));
    return { isValid: true, issues: [], changes: compareConfigs(current().config, checked.config) };
  }

  return new Elysia().post("/config/validate", ({ request }) => validate(request), {
    parse: "none",
    detail: {
      tags: ["config"],
      summary: "Everything that is wrong with a config, or what it would change",
      requestBody: { content: { "application/yaml": { schema: { type: "string" } } } },
    },
  });
}

function refused(issues: readonly object[]) {
  return { isValid: false, issues: issues.slice(0, issuesMax), issuesTotal: issues.length };
}
