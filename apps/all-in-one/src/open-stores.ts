import {
  type ClickHouseClient,
  openClickHouse,
  openPostgreSQL,
  openRedis,
  type PostgreSQLClient,
  type RedisClient,
} from "@libs/database";
import { type Broker, createMemoryBroker, openRedisBroker } from "@libs/messaging";
import type { Logger } from "@libs/monitoring";

export interface StoreSettings {
  readonly directory: string;
  readonly databaseUrl: string | null;
  readonly clickhouseUrl: string | null;
  readonly redisUrl: string | null;
}

/** What all apps of the process share. */
export interface Stores {
  readonly sql: PostgreSQLClient;
  readonly clickhouse: ClickHouseClient;
  /** True where ClickHouse's disk is this process's own. */
  readonly isClickHouseEmbedded: boolean;
  /** `null` where fast state is kept in process. */
  readonly redis: RedisClient | null;
  readonly broker: Broker;
  /** True where PostgreSQL is the embedded engine, which no other process can open. */
  readonly isPostgreSQLEmbedded: boolean;
  close(): Promise<void>;
}

/** Connects to configured servers, and otherwise opens embedded engines. Rejects, leaving nothing open, where one fails. */
export async function openStores(settings: StoreSettings, logger: Logger): Promise<Stores> {
  const opened: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).toReversed()) await end();
  };
  try {
    const { directory, databaseUrl, clickhouseUrl, redisUrl } = settings;
    const sql = await openPostgreSQL(
      databaseUrl === null ? { directory: `${directory}/postgresql` } : { url: databaseUrl },
    );
    opened.push(() => sql.close());
    const clickhouse = await openClickHouse(
      clickhouseUrl === null ? { directory: `${directory}/clickhouse` } : { url: clickhouseUrl },
    );
    opened.push(() => clickhouse.close());
    const redis = redisUrl === null ? null : await openRedis(redisUrl);
    if (redis !== null) opened.push(() => redis.close());
    const onError = (error: unknown): void => logger.warn({ err: error }, "the hub's broker");
    const broker =
      redisUrl === null ? createMemoryBroker() : await openRedisBroker({ url: redisUrl, onError });
    opened.push(() => broker.close());
    return {
      sql,
      clickhouse,
      isClickHouseEmbedded: clickhouseUrl === null,
      isPostgreSQLEmbedded: databaseUrl === null,
      redis,
      broker,
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
