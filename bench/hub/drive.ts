import { Latencies } from "@libs/measuring";
import type { Wire } from "./peer.ts";

const payload = JSON.stringify({
  type: "add_to_cart",
  cartId: "c-1",
  sessionId: "bench-session-0123456789",
  currency: "EUR",
  items: [{ sku: "A-1", quantity: 1, priceMinor: 1999 }],
  page: { kind: "product", durationMs: 1200 },
});

export interface Clients {
  readonly sockets: readonly WebSocket[];
  readonly acks: () => number;
  readonly ticks: () => number;
  readonly latencies: () => Latencies;
  /** From now on each connection keeps this many events unanswered. */
  send(inFlight: number): void;
  stop(): void;
  close(): void;
}

/** Opens connections, 100 at a time, over several loopback addresses; resolves when all are greeted. */
export async function openClients(port: number, wire: Wire, count: number): Promise<Clients> {
  const sockets: WebSocket[] = [];
  const acks = { count: 0 };
  const ticks = { count: 0 };
  let latencies = new Latencies();
  let isSending = false;
  const senders: (() => void)[] = [];

  function openOne(index: number): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${wire.path}`);
    sockets.push(socket);
    let number = index * 1_000_000;
    const sentAt: number[] = [];
    const sendOne = (): void => {
      sentAt.push(performance.now());
      socket.send(wire.event(number++, payload));
    };
    senders.push(sendOne);
    return new Promise((resolve, reject) => {
      const hear = wire.greet(socket, resolve);
      socket.addEventListener("error", () => reject(new Error("a connection was refused")));
      const take = (text: string): void => {
        if (wire.isAck(text)) {
          acks.count += 1;
          latencies.add(performance.now() - (sentAt.shift() ?? 0));
          if (isSending) sendOne();
        } else if (wire.isTick(text)) {
          ticks.count += 1;
        } else {
          hear(text);
        }
      };
      socket.addEventListener("message", ({ data }) => {
        const message = String(data);
        if (wire.split === undefined) take(message);
        else for (const text of wire.split(message)) take(text);
      });
    });
  }

  let next = 0;
  const opener = async (): Promise<void> => {
    while (next < count) await openOne(next++);
  };
  await Promise.all(Array.from({ length: 100 }, opener));
  return {
    sockets,
    acks: () => acks.count,
    ticks: () => ticks.count,
    latencies: () => latencies,
    send(inFlight) {
      latencies = new Latencies();
      isSending = true;
      for (const sendOne of senders) for (let index = 0; index < inFlight; index++) sendOne();
    },
    stop: () => void (isSending = false),
    close() {
      for (const socket of sockets) socket.close();
    },
  };
}
