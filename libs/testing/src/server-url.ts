/** The real servers a contract suite can run against, with the environment variable that names each. */
const variables = {
  redis: "REDIS_URL",
  postgresql: "DATABASE_URL",
  clickhouse: "CLICKHOUSE_URL",
} as const;

export type ServerKind = keyof typeof variables;

/** Where the real server is, `null` where none is given: the suite is then skipped under a name that says so. */
export function serverUrl(kind: ServerKind): string | null {
  const url = process.env[variables[kind]];
  return url === undefined || url === "" ? null : url;
}

/** The name of a suite that needs a real server: `broker on redis (set REDIS_URL to run it)` where it is skipped. */
export function serverSuiteName(subject: string, kind: ServerKind): string {
  return serverUrl(kind) === null
    ? `${subject} on ${kind} (set ${variables[kind]} to run it)`
    : `${subject} on ${kind}`;
}
