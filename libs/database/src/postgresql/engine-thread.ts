/** Messages from the engine's thread. */
type Answer = "ready" | "stopped";

/** The embedded engine's thread, as seen by its creator. One request at a time. */
export class EngineThread {
  readonly #worker: Worker;
  #hasEnded = false;

  constructor(program: URL) {
    this.#worker = new Worker(program.href);
    this.#worker.addEventListener("close", () => {
      this.#hasEnded = true;
    });
  }

  /**
   * Resolves when the thread answers with `expected`. Rejects with the thread's error, and where the thread has ended or ends meanwhile.
   */
  async ask(message: unknown, expected: Answer): Promise<void> {
    if (this.#hasEnded) throw hasEnded();
    const worker = this.#worker;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onMessage = (event: MessageEvent<Readonly<Record<string, unknown>>>): void => {
      if (expected in event.data) resolve();
      else if ("error" in event.data) reject(new Error(String(event.data["error"])));
    };
    const onError = (event: ErrorEvent): void => reject(new Error(event.message));
    const onClose = (): void => reject(hasEnded());
    worker.addEventListener("message", onMessage);
    worker.addEventListener("error", onError);
    worker.addEventListener("close", onClose);
    worker.postMessage(message);
    try {
      await promise;
    } finally {
      worker.removeEventListener("message", onMessage);
      worker.removeEventListener("error", onError);
      worker.removeEventListener("close", onClose);
    }
  }

  terminate(): void {
    this.#worker.terminate();
  }
}

function hasEnded(): Error {
  return new Error("the thread of the embedded PostgreSQL has ended by itself");
}
