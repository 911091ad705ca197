import { createEventLog, type EventLog } from "@libs/testing";

export interface TestClient extends AsyncDisposable {
  readonly socket: WebSocket;
  readonly messages: EventLog<string | Buffer>;
  /** Code and reason of the end. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(data: string | Uint8Array): void;
}

export interface ClientOptions {
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Bun's own client, connected. Rejects if the upgrade is refused. */
export async function openClient(
  url: string,
  { protocols = [], headers = {} }: ClientOptions = {},
): Promise<TestClient> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), { protocols: [...protocols], headers });
  socket.binaryType = "nodebuffer";
  const messages = createEventLog<string | Buffer>();
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  socket.addEventListener("message", ({ data }) => messages.push(data));
  socket.addEventListener("close", ({ code, reason }) => closed.resolve({ code, reason }));
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("close", () => reject(new Error("refused")));
  });
  return {
    socket,
    messages,
    closed: closed.promise,
    send: (data) => socket.send(data),
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed.promise;
    },
  };
}
