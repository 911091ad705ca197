/** A device's session as the fleet service knows it. */
export interface DeviceSession {
  readonly id: string;
  readonly deviceId: string;
  readonly tenantId: string | null;
  readonly scopes: readonly string[];
  /** Why the device is refused although its token is valid, such as `suspended`; `null` where it is not. */
  readonly barred: string | null;
  /** Milliseconds since the epoch; extended by use. */
  readonly expiresAt: number;
}

export interface DeviceQuestion {
  /** The service that manages the devices. */
  readonly service: string;
  readonly signal: AbortSignal;
}

/** Looks up device tokens at the fleet service. */
export interface DeviceSessionDirectory {
  /** `null` for an unknown, expired or revoked token. Rejects where the service cannot answer. Counts as a use of the session. */
  find(token: string, question: DeviceQuestion): Promise<DeviceSession | null>;
}
