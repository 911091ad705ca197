/**
 * `bun bare-sockets.ts PORT FILE`: the minimum of a proxy on Bun, for targets in turn, their URLs a JSON array in the file. It parses no
 * heads, checks nothing, counts nothing and handles no failures: its cost is that of the sockets and their runtime.
 */
import type { Socket } from "bun";

const [port = "0", file = ""] = process.argv.slice(2);
const urls = (await Bun.file(file).json()) as readonly string[];
const request = Buffer.from("GET /r0/items HTTP/1.1\r\nHost: upstream\r\n\r\n");
const headers = { "content-type": "application/json" };

interface Line {
  readonly target: Target;
  socket: Socket<Line> | null;
  resolve: (response: Response) => void;
}

interface Target {
  readonly hostname: string;
  readonly port: number;
  readonly idle: Line[];
}

const targets = urls.map((url): Target => {
  const { hostname, port: targetPort } = new URL(url);
  return { hostname, port: Number(targetPort), idle: [] };
});
let turn = 0;

function send(resolve: (response: Response) => void): void {
  const target = targets[turn];
  turn = (turn + 1) % targets.length;
  if (target === undefined) throw new Error("there are no targets");
  const line = target.idle.pop();
  if (line === undefined) {
    const { hostname, port: targetPort } = target;
    const data: Line = { target, socket: null, resolve };
    void Bun.connect<Line>({ hostname, port: targetPort, data, socket: handlers });
    return;
  }
  line.resolve = resolve;
  line.socket?.write(request);
}

const handlers = {
  open(socket: Socket<Line>) {
    socket.data.socket = socket;
    socket.write(request);
  },
  data({ data: line }: Socket<Line>, bytes: Buffer) {
    line.target.idle.push(line);
    line.resolve(new Response(bytes.subarray(bytes.indexOf("\r\n\r\n") + 4), { headers }));
  },
};

Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  fetch: () => new Promise<Response>(send),
});
