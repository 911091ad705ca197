import { join } from "node:path";
import type { ServerOptions, ServerProcess } from "./server-process.ts";

const program = join(import.meta.dir, "../../../database/src/clickhouse-server/main.ts");

/** The embedded engine behind ClickHouse's HTTP interface, with the engine and protocol of a server; `null` where it cannot run. */
export async function startClickHouse({ directory }: ServerOptions): Promise<ServerProcess | null> {
  const child = Bun.spawn([process.execPath, program, "--directory", directory, "--port", "0"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  const url = /http:\/\/[^\s/]+/.exec(new TextDecoder().decode(value))?.[0];
  return url === undefined ? null : { url, process: child };
}
