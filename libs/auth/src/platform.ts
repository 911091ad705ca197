/**
 * The platform's own users, sessions and keys, which need a database. An entry point of its own, so that a process without one does not
 * load them.
 */
export { addKey, listKeys, revokeKey, rotateKey } from "./admin/administer-api-keys.ts";
export { inspectLogins, resetLogins } from "./admin/administer-logins.ts";
export { endSession, endSessionsOf, listSessionsOf } from "./admin/administer-sessions.ts";
export { addUser, editUser, listUsersPage } from "./admin/administer-users.ts";
export { listActs, recordAct } from "./audit/audit-log.ts";
export { createAuth } from "./create-auth.ts";
export {
  type Caller,
  callerByGateway,
  callerByToken,
  type IdentifyCaller,
  requireAuth,
  requireRole,
} from "./elysia/require-auth.ts";
export { migrations } from "./migrations.ts";
