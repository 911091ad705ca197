/**
 * Names that only the gateway may set towards a service. Coming from outside they are stripped before any route is
 * matched: a service can believe them.
 */
export const reservedHeaders = {
  userId: "x-user-id",
  userRoles: "x-user-roles",
  userScopes: "x-user-scopes",
  tenantId: "x-tenant-id",
  authMethod: "x-auth-method",
  sessionId: "x-session-id",
  deviceId: "x-device-id",
  customerId: "x-customer-id",
  watermarkId: "x-watermark-id",
  /** Milliseconds that anybody will still wait for the answer; absent where there is no deadline. Less with every attempt. */
  timeoutMs: "x-request-timeout-ms",
} as const;

export const reservedHeaderNames: ReadonlySet<string> = new Set(Object.values(reservedHeaders));
