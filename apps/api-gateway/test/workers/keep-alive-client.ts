import { connect } from "node:net";
import { once } from "node:events";

/** A connection that sends one request after the other. */
export interface KeepAliveClient {
  readonly localPort: number;
  /** How its requests went so far. */
  readonly answered: () => number;
  readonly isBroken: () => boolean;
  /** Sends no further requests, and resolves after the last answer. */
  stop(): Promise<void>;
}

export async function openKeepAliveClient(port: number, path: string): Promise<KeepAliveClient> {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  const { localPort = 0 } = socket;
  const request = `GET ${path} HTTP/1.1\r\nHost: shop.test\r\n\r\n`;
  const ended = Promise.withResolvers<void>();
  let [answered, text, isEnding, isBroken] = [0, "", false, false];
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    text += chunk;
    const headEnd = text.indexOf("\r\n\r\n");
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
    if (headEnd < 0 || text.length < headEnd + 4 + length) return;
    if (!text.startsWith("HTTP/1.1 200 ")) isBroken = true;
    text = text.slice(headEnd + 4 + length);
    answered += 1;
    if (isEnding) socket.end();
    else socket.write(request);
  });
  socket.on("error", () => (isBroken = true));
  socket.on("close", () => {
    if (!isEnding) isBroken = true;
    ended.resolve();
  });
  socket.write(request);
  return {
    localPort,
    answered: () => answered,
    isBroken: () => isBroken,
    async stop() {
      isEnding = true;
      await ended.promise;
    },
  };
}
