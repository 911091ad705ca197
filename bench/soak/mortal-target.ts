/**
 * `bun mortal-target.ts PORT FILE`: a service as a process of its own, to be killed. Notes the path of each POST in the file before it
 * answers, in one write that a kill cannot halve; what is under `/r0/large` is answered with a body that is streamed on its way.
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
