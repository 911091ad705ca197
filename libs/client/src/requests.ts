import { CartwayClientError, createId, type HubFrame } from "./wire.ts";

interface Pending {
  readonly frame: object;
  reply: HubFrame | null;
  readonly resolve: (reply: HubFrame | null) => void;
  readonly reject: (error: CartwayClientError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
  /** Whether to send it again on the next connection; otherwise it fails with the connection. */
  readonly survives: boolean;
}

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly survives: boolean;
}

/** Requests are useless later: they do not survive a reload, and end at their timeout. */
export class Requests {
  readonly #pending = new Map<string, Pending>();
  readonly #transmit: (frame: object) => boolean;

  constructor(transmit: (frame: object) => boolean) {
    this.#transmit = transmit;
  }

  /** Resolves with the reply that preceded the ack; `null` without one. */
  ask(type: string, fields: object, { timeoutMs, survives }: RequestOptions): Promise<HubFrame | null> {
    const id = createId();
    const frame = { type, id, ...fields };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#end(id, failure("timeout", "No answer came in time.")), timeoutMs);
      this.#pending.set(id, { frame, reply: null, resolve, reject, timer, survives });
      if (!this.#put(id, frame) && !survives) this.#end(id, failure("closed", "No connection."));
    });
  }

  /** False where it could not be sent. A request that is too large fails at once. */
  #put(id: string, frame: object): boolean {
    try {
      return this.#transmit(frame);
    } catch (error) {
      this.#end(id, error as CartwayClientError);
      return false;
    }
  }

  connected(): void {
    for (const [id, { frame }] of this.#pending) this.#put(id, frame);
  }

  disconnected(): void {
    for (const [id, { survives }] of this.#pending) {
      if (!survives) this.#end(id, failure("closed", "No connection."));
    }
  }

  /** True where the frame answers one of its requests. */
  receive(frame: HubFrame): boolean {
    const { id, type, error } = frame;
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (id === undefined || pending === undefined) return false;
    if (type === "ack") this.#end(id, null);
    else if (type === "error" && error !== undefined) this.#end(id, new CartwayClientError(error));
    else pending.reply = frame;
    return true;
  }

  #end(id: string, error: CartwayClientError | null): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (error === null) pending.resolve(pending.reply);
    else pending.reject(error);
  }
}

function failure(code: string, message: string): CartwayClientError {
  return new CartwayClientError({ code, message, retryable: true });
}
