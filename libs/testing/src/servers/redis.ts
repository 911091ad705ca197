import { freePort } from "../free-port.ts";
import { waitUntil } from "../wait-until.ts";
import type { ServerOptions, ServerProcess } from "./server-process.ts";

/** A private Redis for this run; `null` where it is not installed. */
export async function startRedis(options: ServerOptions): Promise<ServerProcess | null> {
  const { directory, durable } = options;
  const binary = Bun.which("redis-server");
  if (binary === null) return null;
  const port = options.port ?? (await freePort());
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory];
  const kept = durable ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
  const child = Bun.spawn([binary, ...settings, ...kept], { stdio: ["ignore", "ignore", "inherit"] });
  await waitUntil(() => listens(port), { what: "Redis to listen", timeoutMs: 20_000 });
  return { url: `redis://127.0.0.1:${port}`, process: child };
}

async function listens(port: number): Promise<boolean> {
  const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
  socket.end();
  return true;
}
