/**
 * Headers that only the gateway may send to services. They are stripped from outside requests before a route is matched, so services can
 * trust them.
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
  /** How many milliseconds remain for the answer; absent without a deadline. Decreases with each attempt. */
  timeoutMs: "x-request-timeout-ms",
} as const;

export const reservedHeaderNames: ReadonlySet<string> = new Set(Object.values(reservedHeaders));
