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
} as const;

export const reservedHeaderNames: ReadonlySet<string> = new Set(Object.values(reservedHeaders));
