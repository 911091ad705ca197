/** A service with a number of workers, each occupied by one request for a fixed time. */
export const service = { workers: 4, workMs: 20 } as const;

/** Its capacity in requests per second. */
export const capacity = (service.workers * 1000) / service.workMs;

/** The time after which clients give up. */
export const patienceMs = 500;

export const waiting = { waitMaxMs: 200, waitingMax: 40, waitingPerTenantMax: 40 } as const;

export interface Setup {
  readonly policies: readonly object[];
  /** Whether the bounds of the overload suite apply. Without a queue there are none. */
  readonly isBound: boolean;
}

export const setups: Readonly<Record<string, Setup>> = {
  none: { policies: [], isBound: false },
  fixed: { policies: [{ type: "queue", concurrency: 6, ...waiting }], isBound: true },
  adaptive: {
    policies: [{ type: "queue", adaptive: { initial: 20, min: 2, windowMs: 200 }, ...waiting }],
    isBound: true,
  },
};
