import type { RunningWorker } from "./worker-state.ts";

export interface HeartbeatOptions {
  /** Interval of the pings. */
  readonly beatMs: number;
  /** So many questions in a row without an answer, and a worker hangs. */
  readonly beatsMax: number;
}

/** A hanging worker still holds the port, and the kernel keeps assigning connections to it: it has to be killed. */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout;
  readonly #options: HeartbeatOptions;

  /**
   * @param living the workers to ping.
   * @param onHung called once for each hanging one. Pings are counted instead of time, so that a suspended machine does not count as
   * hanging.
   */
  constructor(
    options: HeartbeatOptions,
    living: () => readonly RunningWorker[],
    onHung: (worker: RunningWorker) => void,
  ) {
    this.#options = options;
    this.#timer = setInterval(() => {
      for (const worker of living()) {
        if (!worker.hasHung && this.#isHanging(worker)) {
          worker.hasHung = true;
          onHung(worker);
        }
      }
    }, options.beatMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #isHanging(worker: RunningWorker): boolean {
    const { beatMs, beatsMax } = this.#options;
    worker.missedBeats += 1;
    if (worker.missedBeats > beatsMax) return true;
    const isAlive = (): void => void (worker.missedBeats = 0);
    worker.link.ask("ping", null, beatMs * beatsMax).then(isAlive, () => undefined);
    return false;
  }
}

/** It has missed some pings: others are asked first. */
export function isQuiet({ missedBeats }: RunningWorker): boolean {
  return missedBeats > 2;
}
