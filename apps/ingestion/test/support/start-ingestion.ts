import { type ClickHouseClient, openClickHouse, openPostgreSQL, type PostgreSQLClient } from "@libs/database";
import type { App } from "@libs/elysia-server";
import type { Frame } from "@libs/messaging";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { createEventLog, type EventLog } from "@libs/testing";
import { createIngestion, type IngestionConfig } from "../../src/create-ingestion.ts";
import type { RecoveryServices } from "../../src/recovery/recovery-services.ts";

export interface RunningIngestion {
  readonly app: App;
  readonly url: string;
  readonly sql: PostgreSQLClient;
  readonly clickhouse: ClickHouseClient;
  readonly published: EventLog<{ readonly channel: string; readonly frame: Frame }>;
  post(body: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
  /** On the same stores, as a second instance of it is. */
  another(): Promise<RunningIngestion>;
  stop(): Promise<void>;
}

const noServices: RecoveryServices = {
  predict: () => Promise.reject(new Error("no prediction in this test")),
  compose: () => Promise.reject(new Error("no ai-engine in this test")),
};

/** A real ingestion on a free port, on embedded stores kept in `directory`. */
export async function startIngestion(
  directory: string,
  config: Partial<IngestionConfig> = {},
  recoveryServices = noServices,
): Promise<RunningIngestion> {
  const sql = await openPostgreSQL({ directory: `${directory}/postgresql` });
  const clickhouse = await openClickHouse({ directory: `${directory}/clickhouse` });
  return await run({ sql, clickhouse }, { config, recoveryServices }, async () => {
    await sql.close();
    await clickhouse.close();
  });
}

async function run(
  { sql, clickhouse }: Pick<RunningIngestion, "sql" | "clickhouse">,
  { config, recoveryServices }: { config: Partial<IngestionConfig>; recoveryServices: RecoveryServices },
  close: () => Promise<void>,
): Promise<RunningIngestion> {
  const published = createEventLog<{ readonly channel: string; readonly frame: Frame }>();
  const app = createIngestion(
    {
      port: 0,
      hostname: "127.0.0.1",
      version: "test",
      abandonedAfterMs: 3_600_000,
      recovery: null,
      ...config,
    },
    {
      sql,
      clickhouse,
      recoveryServices,
      // as the platform in one process, or one of several instances
      isAlone: config.journalDirectory !== undefined,
      publisher: {
        async publish(channel, frame) {
          published.push({ channel, frame });
          return { position: null, id: "published" };
        },
      },
      logger: createMemoryLogger().logger,
      metrics: createMetrics({ service: "ingestion", processMetrics: false }),
    },
  );
  await app.start();
  const url = app.address?.url ?? "";
  const read = async (response: Response) => ({
    status: response.status,
    body: await response.json(),
  });
  return {
    app,
    url,
    sql,
    clickhouse,
    published,
    post: async (body) =>
      read(
        await fetch(`${url}/events`, {
          method: "POST",
          body: typeof body === "string" ? body : JSON.stringify(body),
        }),
      ),
    get: async (path) => read(await fetch(url + path)),
    another: () => run({ sql, clickhouse }, { config, recoveryServices }, () => Promise.resolve()),
    async stop() {
      await app.stop();
      await close();
    },
  };
}
