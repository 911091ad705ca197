import type { PostgreSQLClient } from "./postgresql-client.ts";

/** A PostgreSQL server, or a directory that the embedded engine opens in this process. */
export type PostgreSQLSource =
  | { readonly url: string; readonly poolSize?: number }
  | { readonly directory: string };

/** Loads the driver and the engine on demand: most gateways have no database, and a process with a server no engine. */
export async function openPostgreSQL(source: PostgreSQLSource): Promise<PostgreSQLClient> {
  const { PostgreSQLClient } = await import("./postgresql-client.ts");
  if ("url" in source) {
    return new PostgreSQLClient({
      connection: { connectionString: source.url },
      poolSize: source.poolSize ?? 10,
    });
  }
  const { startEmbeddedPostgreSQL } = await import("./embedded-postgresql.ts");
  const { startUpkeep } = await import("./embedded-upkeep.ts");
  const engine = await startEmbeddedPostgreSQL(source.directory);
  let endUpkeep: () => Promise<void> = () => Promise.resolve();
  const client = new PostgreSQLClient({
    connection: { host: engine.host, port: engine.port, user: "postgres", database: "postgres" },
    // the engine has one session: further connections would share its settings and prepared statements
    poolSize: 1,
    isOneSession: true,
    // a wait for the single connection means that it is busy, not that the server is unreachable
    connectTimeoutMs: 30_000,
    onClosing: () => endUpkeep(),
    onClose: () => engine.stop(),
  });
  endUpkeep = startUpkeep(client);
  return client;
}
