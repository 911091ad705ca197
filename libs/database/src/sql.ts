/** Executes SQL: a client, or one of its transactions. Parameters are `$1`, `$2`; rows are objects keyed by column. */
export interface Sql {
  /**
   * Rejects with `CartwayError("store_unavailable")` when the server is unreachable or does not answer in time, and with the driver's
   * error, whose `code` is the SQLSTATE, when the server refuses the statement.
   */
  query<Row extends object>(
    text: string,
    parameters?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<readonly Row[]>;
  /**
   * Commits when `work` resolves, rolls back when it rejects. Rejects where `work` resolves although one of its statements failed, which
   * rolls back all of them: run a statement that may fail in a nested transaction. Inside, use the given `Sql`: the embedded engine has
   * one connection, so a query on the outer client would wait for this very transaction.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}

/** An `Sql` with connections of its own. */
export interface SqlClient extends Sql {
  /**
   * Runs `work` on a connection of its own: for state that belongs to a connection, such as a lock that outlives a transaction. `work`
   * MUST clean up such state. Inside, use the given `Sql`, for the same reason as in `transaction`.
   */
  session<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}

export interface QueryOptions {
  /**
   * For frequent statements: prepared once per connection under this name, which saves parsing and planning. A name MUST always have the
   * same text.
   */
  readonly prepareAs?: string;
  /** Overrides the client's timeout for this statement. */
  readonly timeoutMs?: number;
}
