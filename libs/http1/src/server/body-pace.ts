/** How much of a request's body has to arrive in each window of time in which its client is waited for. */
export interface BodyRate {
  /** 0 for no minimum. */
  readonly bytesPerSecMin: number;
  readonly windowSeconds: number;
}

/** The same for polling: in numbers of sweeps. */
export interface BodyQuota {
  readonly bytesMin: number;
  readonly sweeps: number;
}

/**
 * Whether a client sends the body that it is waited for fast enough. To be polled while it is waited for: time in which the gateway does
 * not read does not count. Each window counts for itself, so that what came fast is no credit for what follows.
 */
export class BodyPace {
  #waited = 0;
  #receivedBefore = 0;

  /** @param received bytes of the body so far. */
  isTooSlow(received: number, { bytesMin, sweeps }: BodyQuota): boolean {
    this.#waited += 1;
    if (this.#waited < sweeps) return false;
    const isTooSlow = received - this.#receivedBefore < bytesMin;
    this.#waited = 0;
    this.#receivedBefore = received;
    return isTooSlow;
  }
}
