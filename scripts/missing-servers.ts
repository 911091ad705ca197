import type { EnvironmentSchema } from "../libs/elysia-server/src/index.ts";

/** The servers that separate processes share. Each app's table says what it uses them for; these are all that are needed together. */
const servers = ["DATABASE_URL", "CLICKHOUSE_URL", "REDIS_URL"] as const;

/**
 * The message for an environment that does not name every server that one process per app needs; `null` where it does.
 * @param tables of the apps, from which descriptions and examples are taken.
 */
export function describeMissingServers(
  tables: ReadonlyMap<string, EnvironmentSchema>,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  const missing = servers.filter((name) => !isSet(env[name]) && !isSet(env[`${name}_FILE`]));
  if (missing.length === 0) return null;
  const lines = missing.flatMap((name) => {
    const readers = [...tables].filter(([, table]) => name in table);
    const row = readers.map(([, table]) => table[name]).find((each) => each?.example !== undefined);
    return [
      `  ${name}  read by ${readers.map(([app]) => app).join(", ")}`,
      ...(row?.example === undefined ? [] : [`      for example ${name}=${row.example}`]),
    ];
  });
  return [
    "bun run dev starts one process for each app; they share servers that the environment names. Not set:",
    "",
    ...lines,
    "",
    "`bun run clickhouse` serves the embedded ClickHouse engine on port 8123 where no server is installed;",
    "docker run -d -p 5432:5432 -e POSTGRES_USER=cartway -e POSTGRES_PASSWORD=secret postgres:17-alpine",
    "and docker run -d -p 6379:6379 redis:8-alpine bring the other two.",
    "`npm start` needs none of this: it runs every app in one process on embedded stores.",
  ].join("\n");
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
