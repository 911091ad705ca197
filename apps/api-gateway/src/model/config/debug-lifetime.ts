/** Bounds in milliseconds of `server.debug.lifetimeMsMax`: a debug pass that has longer to live is not accepted. */
export const debugLifetimeMs = { default: 3_600_000, maximum: 86_400_000 } as const;
