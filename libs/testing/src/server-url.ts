/** The real servers that contract suites can use, and the environment variable of each. */
const variables = {
  redis: "REDIS_URL",
  postgresql: "DATABASE_URL",
  clickhouse: "CLICKHOUSE_URL",
} as const;

export type ServerKind = keyof typeof variables;

/** The URL of the real server; `null` without one: the suite is then skipped under a name that says so. */
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
