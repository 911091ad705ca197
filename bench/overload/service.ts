/** `bun service.ts PORT WORKERS MS`: handles WORKERS requests at a time, each in MS milliseconds; further ones wait in line without limit. */
const [port = 0, workers = 1, workMs = 1] = process.argv.slice(2).map(Number);
const waiting: (() => void)[] = [];
let busy = 0;

async function work(): Promise<Response> {
  if (busy >= workers) await new Promise<void>((resolve) => waiting.push(resolve));
  busy += 1;
  await Bun.sleep(workMs);
  busy -= 1;
  waiting.shift()?.();
  return new Response("done");
}

Bun.serve({
  port,
  hostname: "127.0.0.1",
  fetch: (request) => (request.url.endsWith("/r0/items") ? work() : new Response("ok")),
});
