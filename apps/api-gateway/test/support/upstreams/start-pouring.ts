import { connect, createServer, type Socket } from "node:net";
import { freePort } from "@libs/testing";

const endless = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";
const part = Buffer.alloc(65_536, 97);

export interface Pouring extends AsyncDisposable {
  readonly url: string;
  /** Bytes that the kernel has accepted from the service. */
  readonly poured: () => number;
  readonly open: () => number;
}

/** A service that sends without end for as long as it is read. */
export async function startPouring(): Promise<Pouring> {
  let poured = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    const pour = (): void => {
      while (socket.writable && socket.write(part, () => (poured += part.byteLength)));
    };
    socket.once("data", () => {
      socket.write(endless);
      pour();
    });
    socket.on("drain", pour);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    poured: () => poured,
    open: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends a request and does not read the response. */
export async function askWithoutReading(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  socket.pause();
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  socket.write("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  return socket;
}
