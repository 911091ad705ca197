/**
 * A service as a separate process, to be killed: `bun counting-target.ts PORT FILE`. Records `METHOD ID` of every request in the file
 * before it answers, in one write that a kill cannot split, and prints its port when it listens.
 */
import { openSync, writeSync } from "node:fs";

const [port = "0", file = ""] = process.argv.slice(2);
const log = openSync(file, "a");

const server = Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  async fetch(request) {
    const id = request.headers.get("x-test-id") ?? "none";
    await request.arrayBuffer();
    writeSync(log, `${request.method} ${id}\n`);
    // Some answers take a while, so that a kill finds requests in every state.
    if (id.endsWith("7")) await Bun.sleep(5);
    return new Response(id);
  },
});

process.stdout.write(`${server.port}\n`);
