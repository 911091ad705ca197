import { Pool, type PoolClient, type PoolConfig, type QueryConfig, type QueryResult, types } from "pg";
import { ConnectionGate, LostConnection } from "../connection-gate.ts";
import type { QueryOptions, Sql, SqlClient } from "../sql.ts";
import { measureHealth, type StoreHealth } from "../store-health.ts";
import { SharedConnection, type TakenConnection } from "./shared-connection.ts";

export interface PostgreSQLOptions {
  readonly connection: Pick<
    PoolConfig,
    "connectionString" | "host" | "port" | "user" | "database" | "password"
  >;
  readonly poolSize: number;
  /** How long a statement may take before its connection is closed. */
  readonly queryTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /**
   * For a server with a single session, such as the embedded engine: a pool of one connection that statements share, and that first
   * deallocates what the previous one prepared.
   */
  readonly isOneSession?: boolean;
  /** Bound on calls that wait for a connection; more are refused at once. */
  readonly waitingMax?: number;
  /** Stops whatever else uses this client, before the pool closes: a call still waiting then would never be served. */
  readonly onClosing?: () => Promise<void>;
  /** Stops whatever serves only this client, such as the embedded engine, after the pool has closed. */
  readonly onClose?: () => Promise<void>;
}

/** `bigint` is parsed as a number: ids and counts here stay below 2^53. Other types are as `pg` parses them. */
types.setTypeParser(types.builtins.INT8, Number);

/** PostgreSQL through a bounded pool. After a lost connection calls fail fast, and the pool reconnects. */
export class PostgreSQLClient implements SqlClient {
  readonly #pool: Pool;
  readonly #gate: ConnectionGate;
  readonly #waitingMax: number;
  /** Set where statements share a connection. Transactions never do. */
  readonly #shared: SharedConnection | null;
  readonly #onClosing: () => Promise<void>;
  readonly #onClose: () => Promise<void>;
  #closing: Promise<void> | null = null;

  constructor(options: PostgreSQLOptions) {
    const { isOneSession = false } = options;
    this.#pool = new Pool({
      ...options.connection,
      ...(isOneSession ? { pipeline: true } : {}),
      max: options.poolSize,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5000,
      query_timeout: options.queryTimeoutMs ?? 30_000,
      idleTimeoutMillis: options.poolSize === 1 ? 0 : 60_000,
      keepAlive: true,
    });
    // the pool drops a connection that breaks while idle; the next call finds out for itself
    this.#pool.on("error", () => undefined);
    // queued first on the new connection: if it fails, so does the call that opened it
    if (isOneSession)
      this.#pool.on("connect", (client) => void client.query("deallocate all").catch(() => undefined));
    this.#gate = new ConnectionGate({ store: "PostgreSQL" });
    this.#waitingMax = options.waitingMax ?? 10_000;
    this.#shared = isOneSession
      ? new SharedConnection({
          take: () => this.#take(),
          isWaitedFor: () => this.#pool.waitingCount > 0,
          usersMax: this.#waitingMax,
        })
      : null;
    this.#onClosing = options.onClosing ?? (() => Promise.resolve());
    this.#onClose = options.onClose ?? (() => Promise.resolve());
  }

  async query<Row extends object>(
    text: string,
    parameters: readonly unknown[] = [],
    options: QueryOptions = {},
  ): Promise<readonly Row[]> {
    const statement = this.#toStatement(text, parameters, options);
    const run = (client: PoolClient) => runQuery<Row>(client, statement);
    return await this.#gate.run(() => this.#shared?.run(run) ?? this.#onConnection(run));
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return await this.#gate.run(() =>
      this.#onConnection((client) => runTransaction(client, work, this.#toStatement)),
    );
  }

  async session<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return await this.#gate.run(() =>
      this.#onConnection((client) =>
        work({
          query: (text, parameters = [], options = {}) =>
            runQuery(client, this.#toStatement(text, parameters, options)),
          transaction: (inner) => runTransaction(client, inner, this.#toStatement),
        }),
      ),
    );
  }

  async health(): Promise<StoreHealth> {
    return await measureHealth(() => this.query("select 1"));
  }

  /** Waits for running statements, then closes every connection. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#onClosing()
      .then(() => this.#pool.end())
      .then(this.#onClose);
    return this.#closing;
  }

  readonly #toStatement: ToStatement = (text, parameters, { prepareAs, timeoutMs }) => ({
    text,
    values: [...parameters],
    ...(prepareAs === undefined ? {} : { name: prepareAs }),
    ...(timeoutMs === undefined ? {} : { query_timeout: timeoutMs }),
  });

  async #onConnection<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const taken = await this.#take();
    let broken: Error | undefined;
    try {
      return await work(taken.client);
    } catch (thrown) {
      if (thrown instanceof LostConnection) broken = thrown;
      throw thrown;
    } finally {
      taken.release(broken);
    }
  }

  /** A connection that breaks while it is taken is dropped on release. */
  async #take(): Promise<TakenConnection> {
    if (this.#pool.waitingCount >= this.#waitingMax)
      throw new LostConnection(new Error("too many calls wait"));
    const client = await this.#pool.connect().catch((thrown: unknown) => {
      throw new LostConnection(thrown);
    });
    let failure: Error | undefined;
    const onError = (error: Error): void => {
      failure = error;
    };
    client.on("error", onError);
    return {
      client,
      release(broken) {
        client.off("error", onError);
        client.release(failure ?? broken);
      },
    };
  }
}

/** Adds a field that the driver reads, but its types lack. */
type Statement = QueryConfig & { readonly query_timeout?: number };

type ToStatement = (text: string, parameters: readonly unknown[], options: QueryOptions) => Statement;

async function runQuery<Row extends object>(
  client: PoolClient,
  statement: Statement,
): Promise<readonly Row[]> {
  return (await runStatement<Row>(client, statement)).rows;
}

async function runStatement<Row extends object>(
  client: PoolClient,
  statement: Statement,
): Promise<QueryResult<Row>> {
  try {
    return await client.query<Row>(statement);
  } catch (thrown) {
    // classified here, where only the driver can have thrown: an error of a transaction's own work may look alike
    throw isConnectionFailure(thrown) ? new LostConnection(thrown) : thrown;
  }
}

async function runTransaction<T>(
  client: PoolClient,
  work: (sql: Sql) => Promise<T>,
  toStatement: ToStatement,
): Promise<T> {
  const sql: Sql = {
    query: (text, parameters = [], options = {}) => runQuery(client, toStatement(text, parameters, options)),
    transaction: (inner) => runSavepoint(client, sql, inner),
  };
  await runQuery(client, { text: "begin" });
  try {
    const result = await work(sql);
    await commit(client);
    return result;
  } catch (thrown) {
    if (!(thrown instanceof LostConnection)) await runQuery(client, { text: "rollback" });
    throw thrown;
  }
}

/** For a transaction with a failed statement, COMMIT is answered with ROLLBACK instead of an error. */
async function commit(client: PoolClient): Promise<void> {
  const { command } = await runStatement(client, { text: "commit" });
  if (command !== "COMMIT")
    throw new Error("the transaction was undone: its work went on after a statement that was refused");
}

/** A nested transaction is a savepoint: its failure only undoes its own statements. */
async function runSavepoint<T>(client: PoolClient, sql: Sql, work: (sql: Sql) => Promise<T>): Promise<T> {
  await runQuery(client, { text: "savepoint nested" });
  try {
    const result = await work(sql);
    await runQuery(client, { text: "release savepoint nested" });
    return result;
  } catch (thrown) {
    if (!(thrown instanceof LostConnection)) await runQuery(client, { text: "rollback to savepoint nested" });
    throw thrown;
  }
}

/**
 * False for errors with an SQLSTATE, which the server sent, except where the state reports a lost connection: class 08, or 57P01 to 57P03
 * of a server that stops or starts. Node's socket errors have codes too, but never such five characters.
 */
function isConnectionFailure(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
  if (/^08...$|^57P0[123]$/.test(code)) return true;
  const isSqlState = "severity" in thrown && /^[0-9A-Z]{5}$/.test(code);
  if (isSqlState) return false;
  return /^E[A-Z]+$/.test(code) || /terminated|timeout|not queryable|closed|ended/i.test(thrown.message);
}
