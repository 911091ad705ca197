import type { Socket } from "bun";
import { withDirectory } from "../../gateway/run-process.ts";
import type { Scenario } from "./scenario.ts";
import { configWith, startGateway } from "../support/start-gateway.ts";

const clients = 32;
const part = new Uint8Array(16_384);

/** Requirement: a client that disconnects closes its upstream within 50 ms, and a soak with one abort in ten leaves memory flat. */
export const aborts: Scenario = {
  what: "one client in ten leaves: before the first byte, in mid-stream, or while it does not read",
  run: ({ seconds }) =>
    withDirectory(async (directory) => {
      const upstream = startAbortUpstream();
      const gateway = await startGateway(configWith(upstream.port, 1), directory);
      try {
        const delays = [];
        for (const way of ["/r0/never", "/r0/trickle", "/r0/flood"]) {
          for (let turn = 0; turn < 30; turn += 1) delays.push(await leave(gateway.port, way, upstream));
        }
        await soak(gateway.port, seconds / 2);
        const before = gateway.residentMiB();
        const done = await soak(gateway.port, seconds * 2);
        const grown = gateway.residentMiB() - before;
        delays.sort((a, b) => a - b);
        return [
          {
            what: "from a client's leaving to its upstream's close, slowest",
            value: delays.at(-1) ?? Infinity,
            unit: "ms",
            atMost: 50,
          },
          { what: "requests in the soak", value: done, unit: "" },
          { what: "resident memory grown by", value: grown, unit: "MiB", atMost: 30 },
          {
            what: "upstream connections left after it",
            value: await upstream.settled(),
            unit: "",
            atMost: clients * 2,
          },
        ];
      } finally {
        await gateway.stop();
        upstream.stop();
      }
    }),
};

interface AbortUpstream {
  readonly port: number;
  /** Resolves when the connection of the next such request is closed. */
  nextClose(): Promise<void>;
  nextRequest(): Promise<void>;
  settled(): Promise<number>;
  stop(): void;
}

/** Answers `/ok` at once; `/never` not at all, `/trickle` a little at a time, `/flood` without end. */
function startAbortUpstream(): AbortUpstream {
  let request = Promise.withResolvers<void>();
  let close = Promise.withResolvers<void>();
  let open = 0;
  interface State {
    timer: ReturnType<typeof setInterval> | null;
    flooding: boolean;
  }
  const pour = (socket: Socket<State>): void => {
    while (socket.data.flooding && socket.write(part) === part.byteLength);
  };
  const server = Bun.listen<State>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        open += 1;
        socket.data = { timer: null, flooding: false };
      },
      data(socket, bytes) {
        const path = bytes.toString("latin1").split(" ")[1] ?? "";
        if (path.endsWith("/ok")) return void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        request.resolve();
        request = Promise.withResolvers();
        if (path.endsWith("/never")) return;
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        if (path.endsWith("/trickle")) socket.data.timer = setInterval(() => socket.write("drop"), 5);
        else {
          socket.data.flooding = true;
          pour(socket);
        }
      },
      drain: pour,
      close(socket) {
        open -= 1;
        if (socket.data.timer !== null) clearInterval(socket.data.timer);
        close.resolve();
        close = Promise.withResolvers();
      },
      error: () => undefined,
    },
  });
  return {
    port: server.port,
    nextClose: () => close.promise,
    nextRequest: () => request.promise,
    async settled() {
      await Bun.sleep(500);
      return open;
    },
    stop: () => server.stop(true),
  };
}

/** Milliseconds from the client's disconnect until the upstream's connection is closed. */
async function leave(port: number, path: string, upstream: AbortUpstream): Promise<number> {
  const arrived = upstream.nextRequest();
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (opened) => void opened.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`),
      data: (self) => void (path.endsWith("/flood") && self.pause()),
    },
  });
  await arrived;
  await Bun.sleep(40);
  const closed = upstream.nextClose();
  const startedAt = performance.now();
  socket.terminate();
  await closed;
  return performance.now() - startedAt;
}

/** Clients that send requests repeatedly; one in ten is for a stream that they abort. @returns requests made. */
async function soak(port: number, seconds: number): Promise<number> {
  const deadline = Date.now() + seconds * 1000;
  let done = 0;
  const work = async (): Promise<void> => {
    while (Date.now() < deadline) {
      done += 1;
      const controller = new AbortController();
      const leaves = done % 10 === 0;
      const way = leaves ? (["never", "trickle", "flood"][done % 3] ?? "never") : "ok";
      if (leaves) setTimeout(() => controller.abort(), 10);
      try {
        await (
          await fetch(`http://127.0.0.1:${port}/r0/${way}`, { signal: controller.signal })
        ).arrayBuffer();
      } catch (thrown) {
        if (!leaves) throw thrown;
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, work));
  return done;
}
