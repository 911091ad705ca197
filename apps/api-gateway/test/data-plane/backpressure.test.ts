import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory, freePort, sendRaw, spawnScript, waitUntil } from "@libs/testing";
import { askWithoutReading, startPouring } from "../support/upstreams/start-pouring.ts";
import { startGatewayTo } from "../support/start-gateway.ts";

/**
 * Bugs of earlier versions of Bun (oven-sh/bun#25919, #28035, #32659, #18488, PR 39590), tested here independently of its version, and in
 * `http2-upstreams.test.ts` for requests through `fetch`: memory grows neither with the size of bodies nor with the number of clients that
 * disconnect.
 */
const part = Buffer.alloc(65_536, 97);

/** Resolves with the figure once it has not changed for a while. */
async function settled(figure: () => number): Promise<number> {
  let before = -1;
  let same = 0;
  await waitUntil(
    () => {
      same = figure() === before && before > 0 ? same + 1 : 0;
      before = figure();
      return same > 20;
    },
    { what: "a figure that stays" },
  );
  return before;
}

describe("a client that does not read", () => {
  test("slows its service down: data in flight is bounded by the buffers on the way", async () => {
    await using upstream = await startPouring();
    await using gateway = await startGatewayTo(upstream.url);
    const client = await askWithoutReading(gateway.port);
    expect(await settled(upstream.poured)).toBeLessThan(64 * 2 ** 20);
    client.destroy();
    await waitUntil(() => upstream.open() === 0, { what: "the service's connection to close" });
  });

  test("and disconnects ends its service's work", async () => {
    await using upstream = await startPouring();
    await using gateway = await startGatewayTo(upstream.url);
    const clients = await Promise.all(Array.from({ length: 10 }, () => askWithoutReading(gateway.port)));
    await waitUntil(() => upstream.open() === clients.length, { what: "ten streams" });
    for (const client of clients) client.destroy();
    await waitUntil(() => upstream.open() === 0, { what: "ten streams to end" });
  });
});

describe("a response that is never read", () => {
  test("is cancelled when its attempt is retried", async () => {
    let asked = 0;
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => {
        asked += 1;
        const body = new ReadableStream({ pull: (controller) => controller.enqueue(part) });
        return asked === 1 ? new Response(body, { status: 503 }) : new Response("served");
      },
    });
    const retry = { attemptsMax: 2, on: [503] };
    await using gateway = await startGatewayTo(`http://127.0.0.1:${server.port}`, {}, { retry });
    expect(await (await fetch(gateway.url)).text()).toBe("served");
    await waitUntil(() => server.pendingRequests === 0, { what: "the first answer to be given up" });
    await server.stop(true);
  });
});

test("to a health check is cancelled if it never ends", async () => {
  let checks = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => {
      checks += 1;
      return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(part) }));
    },
  });
  const health = { path: "/healthz", intervalMs: 100 };
  await using _gateway = await startGatewayTo(`http://127.0.0.1:${server.port}`, {}, { health });
  await waitUntil(() => checks > 2, { what: "three checks" });
  await waitUntil(() => server.pendingRequests === 0, { what: "their answers to be given up" });
  await server.stop(true);
});

describe("memory", () => {
  test.skipIf(process.platform !== "linux")(
    "stays level after hundreds of streams aborted by their clients",
    async () => {
      await using upstream = await startPouring();
      await using directory = await createTemporaryDirectory();
      const file = join(directory.path, "gateway.json");
      const services = { all: { discovery: { type: "static", targets: [{ url: upstream.url }] } } };
      await Bun.write(
        file,
        JSON.stringify({
          version: 1,
          services,
          routes: [{ id: "all", match: { path: "/*" }, service: "all" }],
        }),
      );
      const port = await freePort();
      await using gateway = spawnScript(join(import.meta.dir, "../../src/main.ts"), [
        "--config",
        file,
        "--port",
        String(port),
        "--no-admin",
      ]);
      await waitUntil(
        () =>
          sendRaw(port, "GET / HTTP/0.9\r\n\r\n").then(
            () => true,
            () => false,
          ),
        { what: "the gateway" },
      );
      const leave = async (): Promise<void> => {
        const controller = new AbortController();
        const { body } = await fetch(`http://127.0.0.1:${port}/x`, { signal: controller.signal });
        const reader = body?.getReader();
        await reader?.read();
        await reader?.read();
        controller.abort();
      };
      const round = async (count: number): Promise<number> => {
        for (let left = 0; left < count; left += 20) await Promise.all(Array.from({ length: 20 }, leave));
        await waitUntil(() => upstream.open() === 0, { what: "all streams to end" });
        return residentBytes(gateway.pid);
      };
      const warm = [await round(150), await round(150)];
      const after: number[] = [];
      for (let rounds = 0; rounds < 5; rounds += 1) after.push(await round(150));
      // uncollected garbage comes and goes by as much; leaked memory remains after every round
      expect(Math.min(...after) - Math.min(...warm)).toBeLessThan(64 * 2 ** 20);
    },
    60_000,
  );
});

async function residentBytes(pid: number): Promise<number> {
  const pages = (await Bun.file(`/proc/${pid}/statm`).text()).split(" ")[1] ?? "0";
  return Number(pages) * 4096;
}
