/** What runs SQL: a client, or one transaction of it. Parameters are `$1`, `$2`; rows come as objects by column name. */
export interface Sql {
  /**
   * Rejects with `CartwayError("store_unavailable")` when the server cannot be reached or did not answer in time, and with
   * the driver's error, which carries the SQLSTATE in `code`, for what the server refused.
   */
  query<Row extends object>(
    text: string,
    parameters?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<readonly Row[]>;
  /**
   * Commits when `work` resolves, rolls back when it rejects. Rejects where `work` resolves although a statement of it was
   * refused, which undoes all of them: what may be refused stands in a transaction inside this one. Inside, use the `Sql` given: the embedded engine has one
   * connection, so a query on the outer client would wait for this very transaction.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}

/** What has connections of its own. */
export interface SqlClient extends Sql {
  /**
   * Runs `work` on one connection, which nobody else has meanwhile: for what belongs to a connection, such as a lock that outlives
   * a transaction. What `work` leaves behind there is its own affair. Inside, use the `Sql` given, for the reason of `transaction`.
   */
  session<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}

export interface QueryOptions {
  /**
   * For a statement that runs often: prepared once a connection under this name, so that the server parses and plans it no
   * more. One name stands for one text.
   */
  readonly prepareAs?: string;
  /** How long its answer may take, in place of what the client gives every statement. */
  readonly timeoutMs?: number;
}
