/**
 * `bun mortal-target.ts PORT FILE`: a service as a separate process, to be killed. Appends the path of each POST to the file before it
 * answers, in one write that a kill cannot split; requests under `/r0/large` get a streamed body.
 */
import { openSync, writeSync } from "node:fs";

const [port = "0", file = ""] = process.argv.slice(2);
const log = openSync(file, "a");
const large = "x".repeat(100_000);
const small = JSON.stringify({ id: "c-1", status: "active", valueMinor: 1999, currency: "EUR" });

Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  async fetch(request) {
    const { method, url } = request;
    if (method === "POST") writeSync(log, `${url.slice(url.indexOf("/r0"))}\n`);
    await request.arrayBuffer();
    return new Response(url.endsWith("/large") ? large : small);
  },
});
