import { createEventLog, type EventLog } from "@libs/testing";

/** A frame as it came, with whatever fields it had. */
export interface ReceivedFrame {
  readonly type: string;
  readonly id?: string;
  readonly room?: string;
  readonly offset?: number;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly retryable: boolean;
    readonly [key: string]: unknown;
  };
}

export interface HubClient {
  readonly frames: EventLog<ReceivedFrame>;
  readonly socket: WebSocket;
  send(frame: object): void;
  /** The ack or error of this id. */
  answer(id: string): Promise<ReceivedFrame>;
  /** Sends and awaits the ack or error. */
  ask(frame: { readonly id: string; readonly [key: string]: unknown }): Promise<ReceivedFrame>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: string[];
}

/** A plain WebSocket that records frames, independent of our client library. Rejects if the upgrade is refused. */
export async function connect(
  url: string,
  { headers = {}, protocols = [] }: ConnectOptions = {},
): Promise<HubClient> {
  const socket = new WebSocket(url, { headers: { ...headers }, protocols });
  const frames = createEventLog<ReceivedFrame>();
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
  });
  socket.addEventListener("message", ({ data }) => frames.push(JSON.parse(String(data))));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error(`no connection to ${url}`)));
  });
  const send = (frame: object): void => socket.send(JSON.stringify(frame));
  const answer = (id: string) =>
    frames.find((frame) => frame.id === id && (frame.type === "ack" || frame.type === "error"), {
      what: `the answer to ${id}`,
    });
  return {
    frames,
    socket,
    send,
    answer,
    ask(frame) {
      send(frame);
      return answer(frame.id);
    },
    closed,
    async close() {
      socket.close(1000);
      await closed;
    },
  };
}
