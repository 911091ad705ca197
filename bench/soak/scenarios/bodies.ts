import type { Figure } from "@libs/measuring";
import { withDirectory } from "../../gateway/run-process.ts";
import type { Scenario } from "./scenario.ts";
import { configWith, type GatewayProcess, startGateway } from "../support/start-gateway.ts";

const bodyBytes = 2 ** 31;
const chunk = new Uint8Array(65_536);

/** Requirement: a body of 2 GiB passes in both directions in flat memory. */
export const bodies: Scenario = {
  what: "a body of 2 GiB up, and one down",
  run: () =>
    withDirectory(async (directory) => {
      const upstream = Bun.serve({
        port: 0,
        hostname: "127.0.0.1",
        maxRequestBodySize: 2 ** 40,
        idleTimeout: 0,
        fetch: serveBody,
      });
      const config = {
        ...configWith(upstream.port ?? 0, 1),
        routes: [{ id: "r0", match: { path: "/r0/*" }, service: "upstream", bodyBytesMax: 2 ** 32 }],
      };
      const gateway = await startGateway(config, directory, "/healthz");
      try {
        const up = await measured(gateway, async () =>
          Number(await (await fetch(`${gateway.url}/r0/sink`, upload())).text()),
        );
        const down = await measured(gateway, async () =>
          countBytes((await fetch(`${gateway.url}/r0/source`)).body),
        );
        return [...figures("up", up), ...figures("down", down)];
      } finally {
        await gateway.stop();
        await upstream.stop(true);
      }
    }),
};

interface Measured {
  readonly bytes: number;
  readonly seconds: number;
  readonly grownMiB: number;
}

function figures(way: string, { bytes, seconds, grownMiB }: Measured): Figure[] {
  return [
    { what: `${way}: bytes that arrived`, value: bytes, unit: "", atLeast: bodyBytes, atMost: bodyBytes },
    { what: `${way}: speed`, value: bytes / 2 ** 20 / seconds, unit: "MiB/s" },
    {
      what: `${way}: resident memory at its highest, over the idle process`,
      value: grownMiB,
      unit: "MiB",
      atMost: 150,
    },
  ];
}

async function measured(gateway: GatewayProcess, transfer: () => Promise<number>): Promise<Measured> {
  const idle = gateway.residentMiB();
  let highest = idle;
  const timer = setInterval(() => (highest = Math.max(highest, gateway.residentMiB())), 100);
  const startedAt = performance.now();
  const bytes = await transfer();
  clearInterval(timer);
  return { bytes, seconds: (performance.now() - startedAt) / 1000, grownMiB: highest - idle };
}

async function serveBody(request: Request): Promise<Response> {
  if (request.method === "POST") return new Response(String(await countBytes(request.body)));
  return new Response(bodyStream());
}

function upload(): RequestInit {
  return { method: "POST", body: bodyStream(), headers: { "content-type": "application/octet-stream" } };
}

function bodyStream(): ReadableStream<Uint8Array> {
  let left = bodyBytes;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(chunk);
      left -= chunk.byteLength;
      if (left <= 0) controller.close();
    },
  });
}

async function countBytes(body: ReadableStream<Uint8Array> | null): Promise<number> {
  let bytes = 0;
  for await (const part of body ?? []) bytes += part.byteLength;
  return bytes;
}
