import { type CloseReason, closeCodes, type WriteErrorOptions, writeAck, writeError } from "@libs/messaging";
import type { Counter } from "@libs/monitoring";
import type { HubMetrics } from "../hub-metrics.ts";
import type { Connection } from "./connection.ts";

/** How long a client may take to read what was sent and to answer the close frame. */
const closeGraceMs = 3000;

export interface DeliveryOptions {
  readonly metrics: HubMetrics;
  /** Bytes that may be queued for one client. */
  readonly queueBytesMax: () => number;
}

/** Sends to single connections, and closes them. */
export class Delivery {
  readonly #queueBytesMax: () => number;
  readonly #metrics: HubMetrics;
  readonly #acks: Counter;
  readonly #errors: Counter;

  constructor({ metrics, queueBytesMax }: DeliveryOptions) {
    this.#queueBytesMax = queueBytesMax;
    this.#metrics = metrics;
    this.#acks = metrics.framesSent.with({ type: "ack" });
    this.#errors = metrics.framesSent.with({ type: "error" });
  }

  ack(connection: Connection, id: string | null): void {
    if (id === null) return;
    this.#acks.inc();
    this.send(connection, writeAck(id));
  }

  error(connection: Connection, options: WriteErrorOptions): void {
    this.#errors.inc();
    this.send(connection, writeError(options));
  }

  /** @returns false where the text was dropped. A client that does not read is closed; answers are never skipped. */
  send(connection: Connection, text: string): boolean {
    const { socket } = connection;
    if (socket === null || connection.cutAt !== 0) return false;
    if (connection.outbox !== null) {
      connection.outbox.push(text);
      return true;
    }
    const sent = socket.send(text);
    if (sent > 0) return true;
    if (sent === -1 && socket.getBufferedAmount() <= this.#queueBytesMax()) return true;
    this.#metrics.drops.with({ reason: "slow_consumer" }).inc();
    this.close(connection, "slow");
    return false;
  }

  /** Runs `work` and flushes what it sends in one write per connection. */
  together(connections: Iterable<Connection>, work: () => void): void {
    const touched: Connection[] = [];
    for (const connection of connections) {
      if (connection.outbox !== null || connection.socket === null) continue;
      connection.outbox = [];
      touched.push(connection);
    }
    try {
      work();
    } finally {
      for (const connection of touched) this.#flush(connection);
    }
  }

  /** Sends the close frame; the sweep terminates a client that does not answer it in time. */
  close(connection: Connection, reason: CloseReason, text: string = reason): void {
    const { socket } = connection;
    if (socket === null || connection.cutAt !== 0) return;
    connection.cutAt = performance.now() + closeGraceMs;
    socket.close(closeCodes[reason].code, text);
  }

  #flush(connection: Connection): void {
    const texts = connection.outbox ?? [];
    connection.outbox = null;
    const { socket } = connection;
    const [only] = texts;
    if (socket === null || only === undefined) return;
    if (texts.length === 1) return void this.send(connection, only);
    socket.cork(() => {
      for (const text of texts) this.send(connection, text);
    });
  }
}
