import type { createClient as CreateClient } from "@clickhouse/client";
import { type DirectoryLock, lockDirectory } from "../directory-lock.ts";
import { lowerMergePriority } from "./lower-merge-priority.ts";
import { ClickHouseClient } from "./clickhouse-client.ts";

/** A ClickHouse server, or a directory that the embedded engine opens in this process (one per process). */
export type ClickHouseSource = { readonly url: string } | { readonly directory: string };

type DriverOptions = NonNullable<Parameters<typeof CreateClient>[0]>;
type DriverConnection = NonNullable<DriverOptions["connection"]>;

export async function openClickHouse(source: ClickHouseSource): Promise<ClickHouseClient> {
  if ("url" in source) {
    return new ClickHouseClient(
      await createDriver({ url: source.url, request_timeout: 30_000, max_open_connections: 16 }),
    );
  }
  const lock = lockDirectory(source.directory);
  try {
    return await openEmbedded(source.directory, lock);
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

/** Loads the driver on demand: the gateway imports this package, and has no ClickHouse. */
async function createDriver(options: DriverOptions): Promise<ReturnType<typeof CreateClient>> {
  const { ClickHouseLogLevel, createClient } = await import("@clickhouse/client");
  // the driver would print statements and stacks to stderr; callers log errors themselves
  return createClient({ ...options, log: { level: ClickHouseLogLevel.OFF } });
}

async function openEmbedded(directory: string, lock: DirectoryLock): Promise<ClickHouseClient> {
  // loaded on demand: the engine is a library of 540 MB, useless to a process with a server
  const { createChdbConnection } = await import("chdb/connection").catch((thrown: unknown) => {
    throw new Error(
      `the embedded ClickHouse engine does not run on ${process.platform} ${process.arch} (it needs Linux with glibc, or ` +
        "macOS): set CLICKHOUSE_URL to a ClickHouse server, or use docker compose",
      { cause: thrown },
    );
  });
  // the same interface, declared separately by two packages
  const connection = createChdbConnection({ path: directory }) as unknown as DriverConnection;
  const client = new ClickHouseClient(await createDriver({ connection }), () => lock.release());
  // the engine starts its merge threads with the first table that has parts
  await client.command("CREATE TEMPORARY TABLE opening (n UInt8) ENGINE = MergeTree ORDER BY n");
  await client.command("DROP TEMPORARY TABLE IF EXISTS opening");
  lowerMergePriority();
  return client;
}
