import { createMemoryLogger, createMetrics, type MemoryLogger, type Metrics } from "@libs/monitoring";
import { createElysiaServer, type ElysiaServer } from "../src/elysia-server.ts";
import type { ElysiaServerOptions } from "../src/server-options.ts";

export interface StartedServer extends AsyncDisposable {
  readonly server: ElysiaServer;
  readonly url: string;
  readonly port: number;
  readonly log: MemoryLogger;
  readonly metrics: Metrics;
}

/** A real server on a free port; `await using` stops it. */
export async function startServer(options: Partial<ElysiaServerOptions> = {}): Promise<StartedServer> {
  const log = createMemoryLogger();
  const metrics = createMetrics({ service: "test", processMetrics: false });
  const server = createElysiaServer({
    name: "test",
    version: "1.2.3",
    port: 0,
    hostname: "127.0.0.1",
    logger: log.logger,
    metrics,
    docs: false,
    ...options,
  });
  await server.start();
  const { url = "", port = 0 } = server.address ?? {};
  return { server, url, port, log, metrics, [Symbol.asyncDispose]: () => server.stop() };
}

/** The error code of an answer. Throws where the answer is not exactly the error envelope. */
export async function codeOf(answer: Response): Promise<string> {
  const { error, ...rest } = (await answer.json()) as { error: Record<string, unknown> };
  const allowed = new Set(["code", "message", "details", "requestId"]);
  const extra = [...Object.keys(rest), ...Object.keys(error).filter((key) => !allowed.has(key))];
  if (extra.length > 0) throw new Error(`the envelope has more than it should: ${extra.join(", ")}`);
  if (error["requestId"] !== answer.headers.get("x-request-id"))
    throw new Error("two request ids in one answer");
  return String(error["code"]);
}
