import { apiKey } from "./api-key/api-key.ts";
import { basic } from "./basic/basic.ts";
import { deviceSession } from "./device-session/device-session.ts";
import { forward } from "./forward/forward.ts";
import type { RegisteredIdentity } from "./identity.ts";
import { introspection } from "./introspection/introspection.ts";
import { jwt } from "./jwt/jwt.ts";
import { local } from "./local/local.ts";
import { mtls } from "./mtls/mtls.ts";
import { oidc } from "./oidc/oidc.ts";

/** Every identity type that the config can name. */
export const identityTypes: Readonly<Record<string, RegisteredIdentity>> = {
  local,
  jwt,
  oidc,
  introspection,
  "api-key": apiKey,
  "device-session": deviceSession,
  mtls,
  forward,
  basic,
};
