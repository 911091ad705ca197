import { type Cartway, createCartway, type HubFrame } from "@cartway/client";
import { createHttpPublisher } from "@libs/messaging";
import { waitUntil } from "@libs/testing";
import type { EventService } from "./event-service.ts";
import type { HubProcess } from "./spawn-hub.ts";

export interface RunOptions {
  readonly hubs: readonly HubProcess[];
  /** Instances to publish to, each frame until one has accepted it. */
  readonly publishers: readonly HubProcess[];
  readonly service: EventService;
  /** What happens in the middle. */
  readonly fault: (running: { readonly acked: () => number }) => Promise<unknown>;
}

export interface RunResult {
  /** Acknowledged events that the service never had. */
  readonly lost: number;
  /** Frames that a member missed without a notice. */
  readonly undetected: number;
  /** Number of such notices. */
  readonly gaps: number;
  readonly acked: number;
  /** The least number of frames that a member received. */
  readonly heard: number;
  /** Connections that clients lost. */
  readonly disconnects: number;
}

interface Shop {
  readonly client: Cartway;
  readonly heard: string[];
  readonly disconnects: () => number;
}

const room = "lobby:shops";
const shopCount = 12;
/** Published before a fault and after it, however slow the machine is. */
const framesMin = 10;
let numbers = 0;

/**
 * Shops on all instances send events, each after the previous ack, and receive a room with continuous publications, while a fault occurs
 * and until everything works again.
 */
export async function runThrough({ hubs, publishers, service, fault }: RunOptions): Promise<RunResult> {
  const shops = Array.from({ length: shopCount }, (_, index) => startShop(hubs, index));
  const isFlowing = (): boolean => shops.every(({ client }) => client.state.connection.status === "open");
  await waitUntil(isFlowing);
  const ticks = startPublishing(publishers);
  await waitUntil(() => shops.every(({ heard }) => heard.length > framesMin), {
    timeoutMs: 30_000,
    what: "all shops to have heard of the room",
  });
  const sending = new AbortController();
  const acked: string[] = [];
  const sent = shops.map(async ({ client }, shop) => {
    for (let number = 0; !sending.signal.aborted; number++) {
      const id = `shop-${shop}-${numbers++}-${number}`;
      await client.send("cart_event", { id });
      acked.push(id);
    }
  });
  await waitUntil(() => acked.length > 300);
  await fault({ acked: () => acked.length });
  const [ackedBefore, takenBefore] = [acked.length, ticks.taken.length];
  const flowsAgain = (): boolean =>
    isFlowing() && acked.length > ackedBefore + 300 && ticks.taken.length > takenBefore + framesMin;
  await waitUntil(flowsAgain, { timeoutMs: 30_000 });
  sending.abort();
  await Promise.all(sent);
  await ticks.stop();
  const last = ticks.taken.at(-1) ?? "";
  const hasAll = ({ heard }: Shop): boolean => heard.at(-1) === last || heard.at(-1) === "gap";
  await waitUntil(() => shops.every(hasAll), { timeoutMs: 15_000, what: "the last frame at every shop" });
  const arrived = new Set(service.calls.all.flatMap(({ elements }) => elements.map((one) => one["id"])));
  const result = {
    lost: acked.filter((id) => !arrived.has(id)).length,
    undetected: sum(shops.map(({ heard }) => undetectedGaps(ticks.taken, heard))),
    gaps: sum(shops.map(({ heard }) => heard.filter((id) => id === "gap").length)),
    acked: acked.length,
    heard: Math.min(...shops.map(({ heard }) => heard.length)),
    disconnects: sum(shops.map(({ disconnects }) => disconnects())),
  };
  for (const { client } of shops) client.close();
  return result;
}

/** A shop with a queue of events and a room, coming back to another instance when its own is gone. */
function startShop(hubs: readonly HubProcess[], index: number): Shop {
  const urlOf = (target: number): string => `${hubs[target % hubs.length]?.url}/ws`;
  const heard: string[] = [];
  let target = index;
  let disconnects = 0;
  const client = createCartway({
    url: urlOf(index),
    sessionId: `session-of-shop-${numbers++}-0123456789`,
    backoffMaxMs: 200,
    onState: ({ connection }) => {
      if (connection.status === "waiting") disconnects += 1;
    },
    WebSocket: class extends WebSocket {
      constructor(_url: string, protocols: string[]) {
        super(urlOf(target++), protocols);
      }
    },
  });
  client.join(room, {
    onFrame: ({ type, id = "" }: HubFrame) => type === "tick" && heard.push(id),
    onGap: () => heard.push("gap"),
  });
  return { client, heard, disconnects: () => disconnects };
}

/** Publishes until stopped, each frame until it was accepted: accepted frames must reach everybody. */
function startPublishing(hubs: readonly HubProcess[]) {
  const publishers = hubs.map(({ http }) =>
    createHttpPublisher({ url: http, credentials: () => ({ authorization: "Bearer publisher" }) }),
  );
  const stop = new AbortController();
  const taken: string[] = [];
  const run = (async () => {
    for (let number = 0; !stop.signal.aborted; number++) {
      const frame = { type: "tick", id: `p-${numbers++}-${number}` };
      await waitUntil(() => publishers[number % publishers.length]?.publish(`room:${room}`, frame), {
        timeoutMs: 30_000,
      });
      taken.push(frame.id);
      await Bun.sleep(2);
    }
  })();
  return {
    taken,
    async stop() {
      stop.abort();
      await run;
    },
  };
}

/** Every accepted frame was received once and in order, except for reported gaps. */
function undetectedGaps(taken: readonly string[], heard: readonly string[]): number {
  let undetected = 0;
  let position = taken.indexOf(heard.find((id) => id !== "gap") ?? "");
  let excused = false;
  for (const id of heard) {
    if (id === "gap") {
      excused = true;
      continue;
    }
    const found = taken.indexOf(id, position);
    if (found < 0 || (found > position && !excused)) undetected += 1;
    position = found + 1;
    excused = false;
  }
  return undetected;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
