import { type AnyElysia, Elysia } from "elysia";
import type { AdminParts } from "../admin-parts.ts";
import { redactConfig } from "./redact-config.ts";

/** `GET /config`: the current config, and the result of the last reload. */
export function showConfig({ current, configStatus }: AdminParts): AnyElysia {
  return new Elysia().get(
    "/config",
    () => ({ status: configStatus(), config: redactConfig(current().config) }),
    {
      detail: {
        tags: ["config"],
        summary: "Get the running config, with secrets as references, and its status",
      },
    },
  );
}
