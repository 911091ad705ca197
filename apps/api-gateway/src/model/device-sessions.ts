/** A device's session as the fleet service knows it. */
export interface DeviceSession {
  readonly id: string;
  readonly deviceId: string;
  readonly tenantId: string | null;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch; moves on as the device uses it. */
  readonly expiresAt: number;
}

/** How the gateway asks the fleet service about a device's token. */
export interface DeviceSessionDirectory {
  /** `null` for a token that is unknown, over or revoked. Rejects where it cannot be found out. Counts as a use of the session. */
  find(token: string, signal: AbortSignal): Promise<DeviceSession | null>;
}
