import { createHmac } from "node:crypto";

export interface HeldConnections {
  readonly sockets: readonly WebSocket[];
  /** Opened per second. */
  readonly ratePerSec: number;
  close(): void;
}

export interface HoldOptions {
  readonly port: number;
  readonly count: number;
  readonly heartbeatMs: number;
  /** The rooms that a connection joins beside its own; by default one shared with 19 others. */
  readonly roomsOf?: (index: number) => readonly string[];
  /** Concurrent handshakes; default 200. */
  readonly opening?: number;
  readonly token: (subject: string) => string;
}

/** Opens authenticated connections, each in two rooms and with its own heartbeats, over several loopback addresses. */
export async function holdConnections(options: HoldOptions): Promise<HeldConnections> {
  const { count, heartbeatMs, opening = 200 } = options;
  const sockets: WebSocket[] = [];
  let next = 0;
  const startedAt = performance.now();
  const opener = async (): Promise<void> => {
    while (next < count) sockets.push(await openOne(options, next++));
  };
  await Promise.all(Array.from({ length: opening }, opener));
  const ratePerSec = count / ((performance.now() - startedAt) / 1000);
  // spread over the interval, like those of real clients
  let turn = 0;
  const perTick = Math.ceil((count * 50) / heartbeatMs);
  const timer = setInterval(() => {
    for (let sent = 0; sent < perTick; sent++) sockets[turn++ % count]?.send('{"type":"heartbeat"}');
  }, 50);
  return {
    sockets,
    ratePerSec,
    close() {
      clearInterval(timer);
      for (const socket of sockets) socket.close();
    },
  };
}

const neighbours = 20;
const sharedRoom = (index: number): readonly string[] => [`shop:${Math.floor(index / neighbours)}`];

function openOne({ port, token, roomsOf = sharedRoom }: HoldOptions, index: number): Promise<WebSocket> {
  const url = `ws://127.0.0.${1 + (index % 4)}:${port}/held`;
  const socket = new WebSocket(url, ["cartway.v1", `bearer.${token(`shopper-${index}`)}`]);
  const sessionId = `session-${String(index).padStart(16, "0")}`;
  const rooms = [`cart:${sessionId}`, ...roomsOf(index)];
  let joined = 0;
  return new Promise((resolve, reject) => {
    socket.addEventListener("error", () => reject(new Error(`connection ${index} was refused`)));
    socket.addEventListener("message", ({ data }) => {
      const text = String(data);
      if (text.startsWith('{"type":"welcome"')) {
        for (const room of rooms)
          socket.send(JSON.stringify({ type: "join_room", id: room, sessionId, payload: { room } }));
      } else if (text.startsWith('{"type":"error"')) {
        reject(new Error(text));
      } else if (text.startsWith('{"type":"ack"')) {
        joined += 1;
        if (joined === rooms.length) resolve(socket);
      }
    });
  });
}

/** A token that the bench's identity accepts: each connection has its own, as each shopper would. */
export function signToken(claims: object, secret: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}
