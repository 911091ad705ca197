import type { Latencies } from "@libs/measuring";

export interface LoadTotals {
  sent: number;
  acked: number;
  refused: number;
  /** Frames of rooms and of the user's channel. */
  received: number;
  closes: Map<number, number>;
  readonly acks: Latencies;
  readonly refusals: Map<string, number>;
}

export interface LoadConnectionOptions {
  readonly url: string;
  readonly number: number;
  readonly token: string | null;
  readonly type: string;
  readonly room: string | null;
  readonly totals: LoadTotals;
  readonly run: string;
  /** Events per visit; the next event starts another session. */
  readonly visitEvents: number;
}

/** Matches an ack as the hub writes it, without parsing, so that the load takes little CPU from what it measures. */
const ackStart = '{"type":"ack","id":"';
const ackEnd = '"}';
/** The common part of all events, serialised once. */
const eventEnd = JSON.stringify({
  currency: "EUR",
  items: [{ sku: "A-1", quantity: 1, priceMinor: 1999 }],
  page: { kind: "product", durationMs: 1200 },
}).slice(1);

/** One client of the load: connects, joins, and sends on command. It does not reconnect: a lost connection is counted. */
export class LoadConnection {
  readonly #options: LoadConnectionOptions;
  readonly #sentAt = new Map<string, number>();
  readonly #sessionId: string;
  #socket: WebSocket | null = null;
  #count = 0;

  constructor(options: LoadConnectionOptions) {
    this.#options = options;
    this.#sessionId = `load-${options.run}-${options.number}`;
  }

  get unanswered(): number {
    return this.#sentAt.size;
  }

  /** Resolves when connected and in its room; false where that was refused. */
  connect(): Promise<boolean> {
    const { url, token, room, totals } = this.#options;
    const protocols = token === null ? ["cartway.v1"] : ["cartway.v1", `bearer.${token}`];
    const socket = new WebSocket(url, protocols);
    return new Promise((resolve) => {
      socket.addEventListener("close", ({ code }) => {
        totals.closes.set(code, (totals.closes.get(code) ?? 0) + 1);
        this.#socket = null;
        resolve(false);
      });
      socket.addEventListener("message", ({ data }) => {
        const text = String(data);
        if (text.startsWith(ackStart)) {
          const id = text.slice(ackStart.length, -ackEnd.length);
          if (id === "join") resolve(true);
          else this.#take({ type: "ack", id });
          return;
        }
        const frame: { type: string; id?: string; error?: { code: string } } = JSON.parse(text);
        if (frame.type === "welcome") {
          this.#socket = socket;
          if (room === null) resolve(true);
          else this.#join(room);
        } else if (frame.id === "join") {
          if (frame.type === "error") resolve(false);
        } else {
          this.#take(frame);
        }
      });
    });
  }

  #join(room: string): void {
    const payload = { room: room.replace("{sessionId}", this.#sessionId) };
    this.#socket?.send(
      JSON.stringify({ type: "join_room", id: "join", sessionId: this.#sessionId, payload }),
    );
  }

  send(): boolean {
    if (this.#socket === null) return false;
    const { type, run, number, totals, visitEvents } = this.#options;
    const visit = Math.floor(this.#count / visitEvents);
    const sessionId = visit === 0 ? this.#sessionId : `${this.#sessionId}-${visit}`;
    const id = `${run}-${number}-${this.#count++}`;
    const cart = `"cartId":"cart-${run}-${number}-${visit}","occurredAt":"${new Date().toISOString()}"`;
    const payload = `{"type":"add_to_cart",${cart},${eventEnd}`;
    this.#sentAt.set(id, performance.now());
    totals.sent += 1;
    this.#socket.send(`{"type":"${type}","id":"${id}","sessionId":"${sessionId}","payload":${payload}}`);
    return true;
  }

  close(): void {
    this.#socket?.close(1000);
  }

  #take({ type, id, error }: { type: string; id?: string; error?: { code: string } }): void {
    const { totals } = this.#options;
    if (type !== "ack" && type !== "error") {
      totals.received += 1;
      return;
    }
    const sentAt = this.#sentAt.get(id ?? "");
    if (sentAt === undefined) return;
    this.#sentAt.delete(id ?? "");
    if (type === "ack") {
      totals.acked += 1;
      totals.acks.add(performance.now() - sentAt);
    } else {
      totals.refused += 1;
      const code = error?.code ?? "unknown";
      totals.refusals.set(code, (totals.refusals.get(code) ?? 0) + 1);
    }
  }
}
