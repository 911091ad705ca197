import { type Static, Type } from "@sinclair/typebox";
import { apiKey } from "./api-key/api-key.ts";
import { deviceSession } from "./device-session/device-session.ts";
import type { RegisteredIdentity } from "./identity.ts";
import { introspection } from "./introspection/introspection.ts";
import { jwt } from "./jwt/jwt.ts";
import { local } from "./local/local.ts";
import { mtls } from "./mtls/mtls.ts";
import { oidc } from "./oidc/oidc.ts";

/** Every type of identity: one folder, one line. */
export const identityTypes = {
  local,
  jwt,
  oidc,
  introspection,
  "api-key": apiKey,
  "device-session": deviceSession,
  mtls,
} as const satisfies Record<string, RegisteredIdentity>;

/** One entry under `identity:` in the config. */
export const identitySchema = Type.Union([
  local.schema,
  jwt.schema,
  oidc.schema,
  introspection.schema,
  apiKey.schema,
  deviceSession.schema,
  mtls.schema,
]);

export type IdentityConfig = Static<typeof identitySchema>;
