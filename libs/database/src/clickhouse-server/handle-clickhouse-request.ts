import { messageOf } from "@libs/errors";

/** The part of chDB's connection that executes statements. */
export interface StatementRunner {
  exec(statement: {
    readonly query: string;
    readonly query_id?: string;
    readonly clickhouse_settings?: Readonly<Record<string, string>>;
  }): Promise<{ readonly stream: AsyncIterable<Uint8Array>; readonly summary?: object }>;
}

/** URL parameters of ClickHouse's HTTP interface that are meant for the server, not the engine. */
const serverParameters: ReadonlySet<string> = new Set([
  "query",
  "query_id",
  "database",
  "session_id",
  "session_timeout",
  "user",
  "password",
  "role",
  "wait_end_of_query",
  "send_progress_in_http_headers",
  "http_headers_progress_interval_ms",
  "enable_http_compression",
  "default_format",
]);

/** Bound on a statement with its rows. The listener MUST enforce it too: a body without a declared length is read completely. */
export const bodyBytesMax = 256 * 1024 * 1024;

/**
 * Serves ClickHouse's HTTP interface (https://clickhouse.com/docs/interfaces/http) from an embedded engine: `GET /ping`, and `GET`/`POST
 * /` with the statement in `query`, in the body, or split over both as for inserts. Parameters (`param_x`) and settings are URL
 * parameters. Errors have ClickHouse's format: the text in the body, the number in `X-ClickHouse-Exception-Code`. There is no
 * authentication: listen on the loopback address only.
 */
export function createClickHouseHandler(engine: StatementRunner): (request: Request) => Promise<Response> {
  let turn: Promise<unknown> = Promise.resolve();

  /** Serializes requests: the engine runs one statement at a time, and its settings persist until they are reset. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  return async (request) => {
    const url = new URL(request.url);
    if (url.pathname === "/ping") return new Response("Ok.\n");
    if (url.pathname !== "/") return new Response("There is no handle here.\n", { status: 404 });
    const queryId = url.searchParams.get("query_id") ?? crypto.randomUUID();
    try {
      assertSettingNames(url);
      const statement = await readStatement(url, request);
      return await inTurn(() => execute(engine, url, { statement, queryId }));
    } catch (thrown) {
      return renderClickHouseError(thrown, queryId);
    }
  };
}

async function execute(
  engine: StatementRunner,
  url: URL,
  { statement, queryId }: { readonly statement: string; readonly queryId: string },
): Promise<Response> {
  const format = url.searchParams.get("default_format") ?? "TabSeparated";
  try {
    const result = await engine.exec({
      query: `${setStatements(url)}${statement}`,
      query_id: queryId,
      clickhouse_settings: { default_format: format },
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of result.stream) chunks.push(chunk);
    const headers = {
      "content-type": "text/plain; charset=UTF-8",
      "x-clickhouse-query-id": queryId,
      "x-clickhouse-format": format,
      "x-clickhouse-summary": JSON.stringify(result.summary ?? {}),
    };
    return new Response(Buffer.concat(chunks), { headers });
  } finally {
    await resetSettings(engine, url);
  }
}

async function readStatement(url: URL, request: Request): Promise<string> {
  const query = url.searchParams.get("query");
  const body = request.method === "POST" ? await readBody(request) : "";
  if (query === null) return body;
  return body === "" ? query : `${query}\n${body}`;
}

async function readBody(request: Request): Promise<string> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > bodyBytesMax) throw new Error(`the body is larger than ${bodyBytesMax} bytes`);
  const bytes = new Uint8Array(await request.arrayBuffer());
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding === "identity") return new TextDecoder().decode(bytes);
  if (encoding === "gzip") return new TextDecoder().decode(Bun.gunzipSync(bytes));
  throw new Error(`the content encoding ${encoding} is not supported: expected identity or gzip`);
}

function engineParameters(url: URL): [name: string, value: string][] {
  return [...url.searchParams].filter(([name]) => !serverParameters.has(name));
}

function assertSettingNames(url: URL): void {
  for (const [name] of engineParameters(url)) {
    if (!/^[A-Za-z_]\w*$/.test(name))
      throw new Error(`the setting name ${JSON.stringify(name)} is not valid`);
  }
}

/** Statements that apply the URL's settings and parameters, executed together with the request's own. */
function setStatements(url: URL): string {
  return engineParameters(url)
    .map(([name, value]) => `SET ${name} = '${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'; `)
    .join("");
}

/** Resets the request's settings, which the engine would otherwise keep for the next one. */
async function resetSettings(engine: StatementRunner, url: URL): Promise<void> {
  const names = engineParameters(url)
    .map(([name]) => name)
    .filter((name) => !name.startsWith("param_"));
  for (const name of names) {
    // an unknown setting was refused, so there is nothing to reset
    await engine.exec({ query: `SET ${name} = DEFAULT` }).catch(() => undefined);
  }
}

function renderClickHouseError(thrown: unknown, queryId: string): Response {
  const message = messageOf(thrown);
  const code = thrown instanceof Error && "code" in thrown ? Number(thrown.code) : 1002;
  const type = thrown instanceof Error && "type" in thrown ? String(thrown.type) : "UNKNOWN_EXCEPTION";
  return new Response(`Code: ${code}. DB::Exception: ${message.trim()} (${type})\n`, {
    status: type === "UNKNOWN_TABLE" || type === "UNKNOWN_DATABASE" ? 404 : code === 1002 ? 500 : 400,
    headers: { "x-clickhouse-exception-code": String(code), "x-clickhouse-query-id": queryId },
  });
}
