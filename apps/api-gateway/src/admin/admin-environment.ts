import { defineEnvironment, type EnvironmentOf } from "@libs/elysia-server";
import type { AdminSettings } from "./create-admin.ts";

/** The admin port's variables, for every program that starts a gateway. */
export const adminEnvironment = defineEnvironment({
  ADMIN_ENABLED: { type: "boolean", default: true, description: "Whether there is an admin port." },
  ADMIN_PORT: { type: "port", default: 3900, description: "The admin port." },
  ADMIN_HOST: {
    type: "text",
    default: "127.0.0.1",
    description: "Address it listens on. Beyond loopback it needs the database of administrators.",
  },
  ADMIN_TOKEN_FILE: {
    type: "text",
    optional: true,
    description: "File of a token for the admin port, made with mode 0600 where it is not there.",
  },
  ADMIN_ALLOWED_HOSTS: {
    type: "list",
    default: [],
    description: "Host names, besides localhost and its own address, under which the admin port answers.",
  },
});

/**
 * @param tokenFile the default where the environment names none; `null` for none.
 * @returns `null` where the admin port is disabled.
 */
export function adminSettings(
  env: EnvironmentOf<typeof adminEnvironment>,
  tokenFile: string | null,
): AdminSettings | null {
  if (!env.ADMIN_ENABLED) return null;
  return {
    port: env.ADMIN_PORT,
    hostname: env.ADMIN_HOST,
    tokenFile: env.ADMIN_TOKEN_FILE ?? tokenFile,
    allowedHosts: env.ADMIN_ALLOWED_HOSTS,
  };
}
