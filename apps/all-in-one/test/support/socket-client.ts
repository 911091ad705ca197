import { createEventLog, type EventLog } from "@libs/testing";

export interface HubFrame {
  readonly type: string;
  readonly id?: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly retryable: boolean };
}

export interface AskedFrame {
  readonly type: string;
  readonly id: string;
  readonly sessionId?: string;
  readonly payload: object;
}

export interface SocketClient {
  readonly frames: EventLog<HubFrame>;
  readonly closed: Promise<{ readonly code: number }>;
  send(frame: object | string | Uint8Array): void;
  /** Sends a frame and waits for its ack or error. */
  ask(frame: AskedFrame): Promise<HubFrame>;
  close(): void;
}

/** A plain WebSocket to the hub, opened. */
export async function openSocket(url: string): Promise<SocketClient> {
  const socket = new WebSocket(url);
  const frames = createEventLog<HubFrame>();
  socket.addEventListener("message", ({ data }) => frames.push(JSON.parse(String(data))));
  const closed = new Promise<{ readonly code: number }>((resolve) => {
    socket.addEventListener("close", ({ code }) => resolve({ code }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error(`no WebSocket at ${url}`)));
  });
  const send = (frame: object | string | Uint8Array): void => {
    if (typeof frame === "string" || frame instanceof Uint8Array) socket.send(frame);
    else socket.send(JSON.stringify(frame));
  };
  return {
    frames,
    closed,
    send,
    async ask(frame) {
      const before = frames.all.length;
      send(frame);
      return await frames.find(
        (candidate) => candidate.id === frame.id && frames.all.indexOf(candidate) >= before,
        { timeoutMs: 30_000 },
      );
    },
    close: () => socket.close(),
  };
}
