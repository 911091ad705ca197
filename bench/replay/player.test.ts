import { afterEach, expect, test } from "bun:test";
import { Player } from "./player.ts";
import type { SessionEvents } from "./session-events.ts";

interface Frame {
  readonly type: string;
  readonly id: string;
}

let server: Bun.Server<undefined> | null = null;

afterEach(async () => {
  await server?.stop(true);
  server = null;
});

test("every event is acknowledged, and each visit has a prediction before its end", async () => {
  const seen: string[] = [];
  const url = hub((frame, reply) => {
    seen.push(frame.id);
    reply(answer(frame));
  });
  const player = await played(url, 3);
  expect(player.result).toMatchObject({ sent: 9, acknowledged: 9, rejected: 0, predictionsFailed: 0 });
  expect(player.result.predictions.get(1)).toBe(0.25);
  for (const index of [0, 1, 2]) {
    const order = seen.filter((id) => id.startsWith(`s${index}`));
    expect(order).toEqual([`s${index}-a`, `s${index}-b`, `s${index}-prediction`, `s${index}-end`]);
  }
});

test("a frame refused as retryable is sent again until it is acknowledged", async () => {
  const refused = new Set<string>();
  const url = hub((frame, reply) => {
    if (refused.has(frame.id)) return reply(answer(frame));
    refused.add(frame.id);
    reply({
      type: "error",
      id: frame.id,
      error: { code: "upstream_unreachable", message: "", retryable: true },
    });
  });
  const player = await played(url, 2);
  expect(player.result).toMatchObject({ acknowledged: 6, rejected: 0 });
  expect(player.retries).toEqual(new Map([["upstream_unreachable", 8]]));
});

test("a frame whose connection is lost before its answer is sent again on the next one", async () => {
  let broken = false;
  const url = hub((frame, reply, socket) => {
    if (!broken) {
      broken = true;
      socket.terminate();
      return;
    }
    reply(answer(frame));
  });
  const player = await played(url, 2);
  expect(player.result).toMatchObject({ acknowledged: 6, rejected: 0 });
  expect(player.reconnects).toBeGreaterThan(0);
});

test("a final refusal is counted by its code and not sent again", async () => {
  const url = hub((frame, reply) => {
    if (!frame.id.endsWith("-a")) return reply(answer(frame));
    reply({
      type: "error",
      id: frame.id,
      error: { code: "validation_failed", message: "", retryable: false },
    });
  });
  const player = await played(url, 2);
  expect(player.result).toMatchObject({ sent: 6, acknowledged: 4, rejected: 2 });
  expect(player.result.rejections.get("validation_failed")).toBe(2);
});

function answer(frame: Frame): object {
  if (frame.type === "cart_event") return { type: "ack", id: frame.id };
  return { type: "prediction", id: frame.id, payload: { probability: 0.25 } };
}

type OnFrame = (frame: Frame, reply: (answer: object) => void, socket: Bun.ServerWebSocket) => void;

function hub(onFrame: OnFrame): string {
  server = Bun.serve({
    port: 0,
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response(null, { status: 426 })),
    websocket: {
      message(socket, text) {
        onFrame(JSON.parse(String(text)) as Frame, (reply) => socket.send(JSON.stringify(reply)), socket);
      },
    },
  });
  return `ws://127.0.0.1:${server.port}/ws`;
}

async function played(url: string, sessions: number): Promise<Player> {
  const all = Array.from({ length: sessions }, (_, index): [number, SessionEvents] => [
    index,
    session(index),
  ]);
  const player = new Player(all, {
    url,
    ratePerSec: 10_000,
    connections: 2,
    sessionsAtOnce: 2,
    inFlightMax: 100,
  });
  await player.play(5000);
  return player;
}

function session(index: number): SessionEvents {
  const event = (name: string) => ({
    id: `s${index}-${name}`,
    type: "view_page" as const,
    sessionId: `s${index}`,
    shopperId: "u",
    occurredAt: "2026-11-21T10:00:00.000Z",
  });
  return { sessionId: `s${index}`, visit: [event("a"), event("b")], ending: [event("end")] };
}
