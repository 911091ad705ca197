import { createServer, type Socket } from "node:net";
import { createEventLog, type EventLog } from "@libs/testing";

export interface RawUpstream extends AsyncDisposable {
  readonly url: string;
  /** `127.0.0.1:port` */
  readonly id: string;
  /** The head of every request, as it came. */
  readonly heads: EventLog<string>;
  /** One entry a connection that its other side has closed. */
  readonly closed: EventLog<null>;
}

/** A service that does what no HTTP server does: it is given each request's head and the naked socket. */
export async function startRawUpstream(onHead: (socket: Socket, head: string) => void): Promise<RawUpstream> {
  const heads = createEventLog<string>();
  const closed = createEventLog<null>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let text = "";
    sockets.add(socket);
    // The other side may reset the connection: the close that follows is what tests look at.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      closed.push(null);
    });
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = text.slice(0, end);
      text = "";
      heads.push(head);
      onHead(socket, head);
    });
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port was given"));
      else resolve(address.port);
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    id: `127.0.0.1:${port}`,
    heads,
    closed,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
