import type { AnyElysia } from "elysia";
import type { AdminParts } from "./admin-parts.ts";
import { createApiKey } from "./api-keys/create-api-key.ts";
import { listApiKeys } from "./api-keys/list-api-keys.ts";
import { revokeApiKey } from "./api-keys/revoke-api-key.ts";
import { rotateApiKey } from "./api-keys/rotate-api-key.ts";
import { listAudit } from "./audit/list-acts.ts";
import { listCanaries } from "./canaries/list-canaries.ts";
import { resetCanary } from "./canaries/reset-canary.ts";
import { listCaches } from "./caches/list-caches.ts";
import { purgeCache } from "./caches/purge-cache.ts";
import { reloadConfig } from "./config/reload-config.ts";
import { showConfig } from "./config/show-config.ts";
import { validateConfig } from "./config/validate-config.ts";
import { listDecisions } from "./decisions/list-decisions.ts";
import { closeConnections } from "./hub/close-connections.ts";
import { listConnections } from "./hub/list-connections.ts";
import { listPresence } from "./hub/list-presence.ts";
import { listRooms } from "./hub/list-rooms.ts";
import { sendFrame } from "./hub/send-frame.ts";
import { showHub } from "./hub/show-hub.ts";
import { showRates } from "./hub/show-rates.ts";
import { inspectLimit } from "./limits/inspect-limit.ts";
import { listLimits } from "./limits/list-limits.ts";
import { resetLimit } from "./limits/reset-limit.ts";
import { inspectLogins } from "./logins/inspect-logins.ts";
import { resetLogins } from "./logins/reset-logins.ts";
import { explain } from "./routes/explain.ts";
import { listRoutes } from "./routes/list-routes.ts";
import { listServices } from "./routes/list-services.ts";
import { listSessions } from "./sessions/list-sessions.ts";
import { revokeSession } from "./sessions/revoke-session.ts";
import { revokeSessions } from "./sessions/revoke-sessions.ts";
import { createUser } from "./users/create-user.ts";
import { editUser } from "./users/edit-user.ts";
import { listRoles } from "./users/list-roles.ts";
import { listUsers } from "./users/list-users.ts";
import { beginWatch } from "./watch/begin-watch.ts";
import { showWatch } from "./watch/show-watch.ts";

/** All operations of the admin port: each is one file, and one line here. */
export const verbs: readonly ((parts: AdminParts) => AnyElysia)[] = [
  showConfig,
  validateConfig,
  reloadConfig,
  listRoutes,
  listServices,
  explain,
  listDecisions,
  beginWatch,
  showWatch,
  listUsers,
  createUser,
  editUser,
  listRoles,
  listApiKeys,
  createApiKey,
  rotateApiKey,
  revokeApiKey,
  listSessions,
  revokeSession,
  revokeSessions,
  listLimits,
  inspectLimit,
  resetLimit,
  inspectLogins,
  resetLogins,
  listCaches,
  purgeCache,
  listCanaries,
  resetCanary,
  showHub,
  listConnections,
  closeConnections,
  sendFrame,
  listRooms,
  listPresence,
  showRates,
  listAudit,
];
