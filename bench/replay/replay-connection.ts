/** The hub's answer to a frame with an id. */
export interface Answer {
  readonly type: string;
  readonly id: string;
  readonly payload?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly retryable: boolean };
}

interface PendingFrame {
  readonly text: string;
  readonly sentAt: number;
  readonly settle: (answer: Answer, latencyMs: number) => void;
}

const reconnectMs = { base: 100, max: 2000 };
const retryMs = 250;

/**
 * A connection to the hub that survives disconnects: it reconnects, and sends unanswered frames again, and frames refused
 * with `retryable`. A frame is settled exactly once, by its ack, its reply, or a final error.
 */
export class ReplayConnection {
  readonly #url: string;
  readonly #pending = new Map<string, PendingFrame>();
  #socket: WebSocket | null = null;
  #attempt = 0;
  #closed = false;
  reconnects = 0;
  /** Frames sent again after a `retryable` error, by its code. */
  readonly retries = new Map<string, number>();

  constructor(url: string) {
    this.#url = url;
    this.#connect();
  }

  get pending(): number {
    return this.#pending.size;
  }

  request(
    frame: {
      readonly type: string;
      readonly id: string;
      readonly sessionId: string;
      readonly payload: unknown;
    },
    settle: PendingFrame["settle"],
  ): void {
    const text = JSON.stringify(frame);
    this.#pending.set(frame.id, { text, sentAt: performance.now(), settle });
    this.#write(text);
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close(1000);
  }

  #connect(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#attempt = 0;
      for (const frame of this.#pending.values()) socket.send(frame.text);
    });
    socket.addEventListener("message", (message) => this.#receive(String(message.data)));
    socket.addEventListener("close", () => this.#reconnect());
  }

  #reconnect(): void {
    if (this.#closed) return;
    this.reconnects += 1;
    const waitMs =
      Math.min(reconnectMs.max, reconnectMs.base * 2 ** this.#attempt) * (0.5 + Math.random() / 2);
    this.#attempt += 1;
    setTimeout(() => this.#connect(), waitMs);
  }

  #write(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  #receive(text: string): void {
    const answer = JSON.parse(text) as Answer;
    const frame = this.#pending.get(answer.id);
    if (frame === undefined) return;
    if (answer.type === "error" && answer.error?.retryable === true) {
      const { code } = answer.error;
      this.retries.set(code, (this.retries.get(code) ?? 0) + 1);
      setTimeout(() => this.#write(frame.text), retryMs * (0.5 + Math.random()));
      return;
    }
    this.#pending.delete(answer.id);
    frame.settle(answer, performance.now() - frame.sentAt);
  }
}
