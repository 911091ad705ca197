import { startEmbeddedPostgreSQL } from "./embedded-postgresql.ts";
import { startUpkeep } from "./embedded-upkeep.ts";
import { PostgreSQLClient } from "./postgresql-client.ts";

/** Where PostgreSQL is: a server, or a directory that the embedded engine opens in this process. */
export type PostgreSQLSource =
  | { readonly url: string; readonly poolSize?: number }
  | { readonly directory: string };

export async function openPostgreSQL(source: PostgreSQLSource): Promise<PostgreSQLClient> {
  if ("url" in source) {
    return new PostgreSQLClient({
      connection: { connectionString: source.url },
      poolSize: source.poolSize ?? 10,
    });
  }
  const engine = await startEmbeddedPostgreSQL(source.directory);
  let endUpkeep: () => Promise<void> = () => Promise.resolve();
  const client = new PostgreSQLClient({
    connection: { host: engine.host, port: engine.port, user: "postgres", database: "postgres" },
    // The engine has one session: more connections would see each other's settings and statements.
    poolSize: 1,
    isOneSession: true,
    // Who waits for the one connection waits for work, not for a server that may be away.
    connectTimeoutMs: 30_000,
    onClosing: () => endUpkeep(),
    onClose: () => engine.stop(),
  });
  endUpkeep = startUpkeep(client);
  return client;
}
