/** A service of so many workers, each busy with one request for so long. */
export const service = { workers: 4, workMs: 20 } as const;

/** Requests a second that it can do. */
export const capacity = (service.workers * 1000) / service.workMs;

/** Clients give up after so long. */
export const patienceMs = 500;

export const waiting = { waitMaxMs: 200, waitingMax: 40, waitingPerTenantMax: 40 } as const;

export interface Setup {
  readonly policies: readonly object[];
  /** Whether the promise of the overload suite is held to it. Without a queue there is none. */
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
