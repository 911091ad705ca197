/** A device's session as the fleet service knows it. */
export interface DeviceSession {
  readonly id: string;
  readonly deviceId: string;
  readonly tenantId: string | null;
  readonly scopes: readonly string[];
  /** Why the device is not let in although its token is good, such as `suspended`; `null` where it is. */
  readonly barred: string | null;
  /** Milliseconds since the epoch; moves on as the device uses it. */
  readonly expiresAt: number;
}

export interface DeviceQuestion {
  /** The service of the config that knows the devices. */
  readonly service: string;
  readonly signal: AbortSignal;
}

/** How the gateway asks the fleet service about a device's token. */
export interface DeviceSessionDirectory {
  /** `null` for a token that is unknown, over or revoked. Rejects where it cannot be found out. Counts as a use of the session. */
  find(token: string, question: DeviceQuestion): Promise<DeviceSession | null>;
}
