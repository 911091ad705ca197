/**
 * `bun run hub:load [--url ws://127.0.0.1:3000/ws] [--connections N] [--rate EVENTS_PER_SECOND] [--seconds S] [--type cart_event]
 * [--room cart:{sessionId}] [--token T] [--addresses A] [--visit-events E]`: holds N connections, sends M events per second over them in an open
 * loop, and prints connect rate, acks and their latencies. With `--addresses` the connections go to 127.0.0.1 to 127.0.0.A,
 * because one pair of addresses runs out of ports; with `--visit-events` a connection changes its session and cart after that
 * many events, as shoppers come and go. Exits 1 when an event was refused or not answered.
 */
import { readCommandLine } from "@libs/command-line";
import { Latencies } from "@libs/measuring";
import { LoadConnection, type LoadTotals } from "./load-connection.ts";

const usage = `usage: bun run hub:load [options]

  --url URL          ws://127.0.0.1:3000/ws
  --connections N    held all the time (100), opened --opening N at once (200)
  --rate N           events a second over all of them, in an open loop (1000)
  --seconds N        10
  --type TYPE        of the events (cart_event)
  --room ROOM        that each connection joins, such as cart:{sessionId}
  --token TOKEN      that each connection presents
  --addresses N      connects to 127.0.0.1 to 127.0.0.N, so that more fit than one pair of addresses has ports (1)
  --visit-events N   events after which a connection's session and cart are others`;
const { values, number } = readCommandLine(usage, {
  options: {
    url: { type: "string", default: "ws://127.0.0.1:3000/ws" },
    connections: { type: "string", default: "100" },
    rate: { type: "string", default: "1000" },
    seconds: { type: "string", default: "10" },
    type: { type: "string", default: "cart_event" },
    room: { type: "string" },
    token: { type: "string" },
    addresses: { type: "string", default: "1" },
    "visit-events": { type: "string" },
    opening: { type: "string", default: "200" },
  },
});
const count = number("connections");
const rate = number("rate");
const seconds = number("seconds");
const addresses = number("addresses");
const opening = number("opening");
const visitEvents = values["visit-events"] === undefined ? Number.POSITIVE_INFINITY : number("visit-events");
const totals: LoadTotals = {
  sent: 0,
  acked: 0,
  refused: 0,
  received: 0,
  closes: new Map(),
  acks: new Latencies(),
  refusals: new Map(),
};
const run = crypto.randomUUID().slice(0, 8);

const connections = Array.from({ length: count }, (_, index) => {
  const url = values.url.replace("127.0.0.1", `127.0.0.${1 + (index % addresses)}`);
  const { type, token = null, room = null } = values;
  return new LoadConnection({ url, number: index, token, type, room, totals, run, visitEvents });
});

/** Bounds concurrent handshakes: a flood of them would measure the listener's backlog. */
async function connectAll(): Promise<{ readonly open: number; readonly ms: number }> {
  const startedAt = performance.now();
  const waiting = connections.values();
  let open = 0;
  const opener = async (): Promise<void> => {
    for (const connection of waiting) if (await connection.connect()) open += 1;
  };
  await Promise.all(Array.from({ length: opening }, opener));
  return { open, ms: performance.now() - startedAt };
}

/** Open loop: an event is sent when it is due, whether the last was answered or not. */
async function sendAll(): Promise<void> {
  const startedAt = performance.now();
  let next = 0;
  for (;;) {
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs >= seconds * 1000) return;
    const due = Math.floor((elapsedMs / 1000) * rate);
    while (totals.sent < due) {
      if (connections.length === 0 || !connections[next++ % connections.length]?.send()) break;
    }
    await Bun.sleep(1);
  }
}

async function waitForAnswers(): Promise<number> {
  const giveUpAt = performance.now() + 15_000;
  const unanswered = (): number => connections.reduce((sum, connection) => sum + connection.unanswered, 0);
  while (unanswered() > 0 && performance.now() < giveUpAt) await Bun.sleep(20);
  return unanswered();
}

const connected = await connectAll();
console.log(
  `connected ${connected.open} of ${connections.length} in ${(connected.ms / 1000).toFixed(2)} s: ${Math.round((connected.open / connected.ms) * 1000)}/s`,
);
const sendingAt = performance.now();
await sendAll();
const sentSeconds = (performance.now() - sendingAt) / 1000;
const lost = await waitForAnswers();
const ms = (share: number): string => totals.acks.percentile(share).toFixed(1);
console.log(
  [
    `sent ${totals.sent} (${Math.round(totals.sent / sentSeconds)}/s), acknowledged ${totals.acked}, refused ${totals.refused}, unanswered ${lost}, received ${totals.received}`,
    `ack ms: p50 ${ms(0.5)}  p90 ${ms(0.9)}  p99 ${ms(0.99)}  p99.9 ${ms(0.999)}  max ${ms(1)}`,
    ...[...totals.refusals].map(([code, times]) => `refused ${code}: ${times}`),
    ...[...totals.closes].map(([code, times]) => `closed ${code}: ${times}`),
  ].join("\n"),
);
for (const connection of connections) connection.close();
process.exit(totals.refused > 0 || lost > 0 || connected.open < connections.length ? 1 : 0);
