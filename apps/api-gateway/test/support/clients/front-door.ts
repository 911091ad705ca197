import { connect, createServer, type Socket } from "node:net";
import { serviceAt, startGateway } from "../start-gateway.ts";
import { readRequests } from "./strict-requests.ts";

export interface FrontDoor extends AsyncDisposable {
  /**
   * Sends the bytes on a new connection, closes it, and then sends an ordinary request as another client. Rejects if a service received
   * something that the gateway did not mean to send, or the other client got a response that is not its own.
   * @returns the targets that reached the service for these bytes.
   */
  attack(bytes: string): Promise<readonly string[]>;
}

/** How long to wait if the gateway neither answers nor closes, because it expects the rest of a request. */
const quietMs = 150;

/** A gateway in front of a service that parses more strictly than any other, and records everything ambiguous. */
export async function startFrontDoor(): Promise<FrontDoor> {
  const seen: { readonly target: string; readonly id: string }[] = [];
  const violations: string[] = [];
  const sockets = new Set<Socket>();
  const service = createServer((socket) => {
    let buffer = Buffer.alloc(0);
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      buffer = Buffer.concat([buffer, bytes]);
      try {
        const { requests, rest } = readRequests(buffer);
        buffer = Buffer.from(rest);
        // The gateway sends one request at a time: more than one at once is what somebody has hidden in it.
        if (requests.length > 1) violations.push(`${requests.length} requests at once`);
        for (const { target, fields } of requests) {
          const ids = fields.filter(([name]) => name === "x-request-id").map(([, value]) => value);
          const hosts = fields.filter(([name]) => name === "host");
          if (ids.length !== 1 || hosts.length !== 1)
            violations.push(`${ids.length} ids, ${hosts.length} hosts`);
          seen.push({ target, id: ids[0] ?? "" });
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`);
        }
      } catch (thrown) {
        violations.push(String(thrown));
        socket.destroy();
      }
    });
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const address = service.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const gateway = await startGateway({
    services: { api: serviceAt(`http://127.0.0.1:${port}`) },
    routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
  });
  let attacks = 0;
  return {
    async attack(bytes) {
      const before = seen.length;
      attacks += 1;
      await speak(gateway.port, bytes);
      const innocent = `/innocent/${attacks}`;
      const answer = await (await fetch(gateway.url + innocent)).text();
      const reached = seen.slice(before).map(({ target }) => target);
      const own = reached.filter((target) => target !== innocent);
      const ids = seen.slice(before).map(({ id }) => id);
      const problems = [
        ...violations.splice(0),
        ...(answer === innocent ? [] : [`another client was answered ${JSON.stringify(answer)}`]),
        ...(reached.length - own.length === 1 ? [] : ["another client's request did not arrive once"]),
        ...(new Set(ids).size === ids.length ? [] : ["two requests of one id"]),
      ];
      if (problems.length > 0) throw new Error(`${JSON.stringify(bytes)}: ${problems.join("; ")}`);
      return own;
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => service.close(() => resolve()));
    },
  };
}

/** Resolves once the gateway has closed the connection, or is silent. */
async function speak(port: number, bytes: string): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(Buffer.from(bytes, "latin1")));
  const over = Promise.withResolvers<void>();
  let timer = setTimeout(over.resolve, quietMs);
  socket.on("data", () => {
    clearTimeout(timer);
    timer = setTimeout(over.resolve, quietMs / 10);
  });
  socket.on("error", () => over.resolve());
  socket.on("close", () => over.resolve());
  await over.promise;
  clearTimeout(timer);
  socket.destroy();
}
