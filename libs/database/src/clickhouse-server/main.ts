/**
 * `bun run clickhouse [--directory DIR] [--port N]`: the embedded ClickHouse engine behind ClickHouse's HTTP interface, on the loopback
 * address, so that several processes can share it without a ClickHouse server.
 */
import { mkdirSync } from "node:fs";
import { readCommandLine } from "@libs/command-line";
import { createChdbConnection } from "chdb/connection";
import { bodyBytesMax, createClickHouseHandler } from "./handle-clickhouse-request.ts";

const usage = "usage: bun run clickhouse [--directory DIR] [--port N]";
const { values, number } = readCommandLine(usage, {
  options: {
    directory: { type: "string", default: "data/clickhouse" },
    port: { type: "string", default: "8123" },
  },
});
mkdirSync(values.directory, { recursive: true });
const engine = createChdbConnection({ path: values.directory });
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: number("port"),
  reusePort: false,
  maxRequestBodySize: bodyBytesMax,
  idleTimeout: 120,
  fetch: createClickHouseHandler(engine),
});
console.log(`ClickHouse's HTTP interface on ${server.url.href} (${values.directory})`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void shutDown());
}

async function shutDown(): Promise<void> {
  await server.stop();
  await engine.close();
  process.exit(0);
}
