import type { RunningWorker } from "./worker-state.ts";

export interface HeartbeatOptions {
  /** Workers are asked whether they live so often. */
  readonly beatMs: number;
  /** So many questions in a row without an answer, and a worker hangs. */
  readonly beatsMax: number;
}

/** A worker that hangs keeps its place at the port, and the kernel goes on to give it connections: nothing but its end helps. */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout;
  readonly #options: HeartbeatOptions;

  /**
   * @param living those to ask.
   * @param onHung told of each once. Beats are counted, not time: a machine that stood still has not missed any.
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

/** It has not answered for some beats: others are asked first. */
export function isQuiet({ missedBeats }: RunningWorker): boolean {
  return missedBeats > 2;
}
