import { type AuthFixture, createAuthFixture, openSql, type TestSql } from "@libs/auth/testing";
import { createMemoryLogger, createMetrics, type MemoryLogger, type Metrics } from "@libs/monitoring";
import { createManualClock, type ManualClock } from "@libs/testing";
import { createGateway, type Gateway, type GatewayDeps } from "../../src/build-gateway.ts";
import { checkConfig } from "../../src/config/check-config.ts";
import type { GatewayConfig } from "../../src/config/schema.ts";

/** What reached the service behind the gateway. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query as they came over the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A service on a real socket that notes what reaches it and answers with it. */
export class EchoService {
  readonly #server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => this.#answer(request) });
  readonly seen: SeenRequest[] = [];
  /** Headers of its answers. */
  answerHeaders: Readonly<Record<string, string>> = {};

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  async stop(): Promise<void> {
    await this.#server.stop(true);
  }

  #answer(request: Request): Response {
    const { pathname, search } = new URL(request.url);
    const seen = {
      method: request.method,
      path: pathname + search,
      headers: Object.fromEntries(request.headers),
    };
    this.seen.push(seen);
    return Response.json(seen, { headers: this.answerHeaders });
  }
}

/** A config, checked as the loader checks it. */
export function checked(config: object): GatewayConfig {
  const result = checkConfig({ version: 1, ...config });
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.config;
}

export interface AccessGateway extends AuthFixture {
  readonly sql: TestSql;
  readonly gateway: Gateway;
  readonly echo: EchoService;
  readonly log: MemoryLogger;
  readonly metrics: Metrics;
  readonly url: (path: string) => string;
  readonly port: number;
  close(): Promise<void>;
}

/** For gateways without users, because a database takes seconds to start. */
const noDatabase: TestSql = {
  query: () => Promise.reject(new Error("this gateway has no database")),
  transaction: () => Promise.reject(new Error("this gateway has no database")),
  session: () => Promise.reject(new Error("this gateway has no database")),
  close: () => Promise.resolve(),
};

/** A complete gateway on a free port, or on the given one: users and keys in a database, one service `echo`, and the test's config. */
export async function startAccessGateway(
  configure: (echoUrl: string) => object,
  { port = 0, ...extra }: Partial<GatewayDeps> & { readonly port?: number } = {},
  clock: ManualClock = createManualClock(Date.now()),
): Promise<AccessGateway> {
  const echo = new EchoService();
  const written = configure(echo.url);
  const knowsCallers = "identity" in written;
  const sql = knowsCallers ? await openSql() : noDatabase;
  const fixture = createAuthFixture(sql, {}, clock);
  if (knowsCallers) await fixture.auth.start();
  const log = createMemoryLogger();
  const metrics = createMetrics({ service: "api-gateway" });
  const services = { echo: { discovery: { type: "static", targets: [{ url: echo.url }] } } };
  const gateway = createGateway(
    checked({ services, ...written }),
    { port, hostname: "127.0.0.1", version: "0.0.0" },
    {
      logger: log.logger,
      metrics,
      now: clock.now,
      ...(knowsCallers ? { auth: fixture.auth } : {}),
      ...extra,
    },
  );
  await gateway.start();
  return {
    ...fixture,
    sql,
    gateway,
    echo,
    log,
    metrics,
    url: (path) => `${gateway.address?.url}${path}`,
    port: gateway.address?.port ?? 0,
    async close() {
      await gateway.stop();
      await echo.stop();
      if (knowsCallers) await fixture.auth.stop();
      await sql.close();
    },
  };
}
