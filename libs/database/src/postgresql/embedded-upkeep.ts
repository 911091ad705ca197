import type { Sql } from "../sql.ts";

const everyMs = 5000;

export interface UpkeepLimits {
  /** Dead rows beyond the table's number of live rows, at which it is vacuumed regardless of load. */
  readonly deadRowsMax: number;
  /** Bytes of WAL since the last checkpoint: bounds recovery time and disk use. */
  readonly logBytesMax: number;
  /** Transactions since the last check up to which the engine counts as idle; the apps' own polling causes some. */
  readonly calmTransactions: number;
}

const defaults: UpkeepLimits = {
  deadRowsMax: 5_000,
  logBytesMax: 268_435_456,
  calmTransactions: 100,
};

/**
 * Does what a server's background processes do, and the embedded engine does not. Everything else waits meanwhile, so a table is vacuumed
 * at a fifth of dead rows when idle, and otherwise at as many dead rows as live ones; it is analyzed when it has doubled, so that
 * statements prepared while it was small are planned again; and a checkpoint bounds the WAL.
 */
export class Upkeep {
  readonly #sql: Sql;
  readonly #limits: UpkeepLimits;
  /** At the last check; before the first one nothing counts as idle. */
  #transactions = Number.NEGATIVE_INFINITY;

  constructor(sql: Sql, limits: Partial<UpkeepLimits> = {}) {
    this.#sql = sql;
    this.#limits = { ...defaults, ...limits };
  }

  /** To be called periodically. @returns the statements that were due */
  async run(): Promise<readonly string[]> {
    const due = [...(await this.#dueOfTables()), ...(await this.#dueOfLog())];
    for (const statement of due) await this.#sql.query(statement);
    return due;
  }

  async #dueOfTables(): Promise<readonly string[]> {
    const [activity] = await this.#sql.query<{ transactions: number }>(activityText, [], {
      prepareAs: "cartway_activity",
    });
    const transactions = activity?.transactions ?? 0;
    const isCalm = transactions - this.#transactions <= this.#limits.calmTransactions;
    this.#transactions = transactions;
    const tables = await this.#sql.query<DueTable>(tablesText, [this.#limits.deadRowsMax, isCalm], {
      prepareAs: "cartway_due_tables",
    });
    return tables.map(({ name, is_full: isFull, is_grown: isGrown }) =>
      isFull ? `vacuum ${isGrown ? "(analyze) " : ""}${name}` : `analyze ${name}`,
    );
  }

  async #dueOfLog(): Promise<readonly string[]> {
    const [log] = await this.#sql.query<{ bytes: number }>(logText, [], { prepareAs: "cartway_log" });
    return log !== undefined && log.bytes > this.#limits.logBytesMax ? ["checkpoint"] : [];
  }
}

interface DueTable {
  readonly name: string;
  readonly is_full: boolean;
  readonly is_grown: boolean;
}

const activityText = `
  select xact_commit + xact_rollback as transactions from pg_stat_database where datname = current_database()`;

/**
 * Ignores the first two megabytes. Queries the counters one by one, and file sizes only of tables that were written to: the view over all
 * of them is slow.
 */
const tablesText = `
  select name, is_full, is_grown from (
    select format('%I.%I', nspname, relname) as name,
      dead > $1::bigint + living or ($2 and dead > 1000 + living / 5) as is_full,
      modified > 1000 and pg_relation_size(oid) / 8192 > 256 + 2 * greatest(relpages, 0) as is_grown
    from (
      select pg_class.oid, nspname, relname, relpages, pg_stat_get_dead_tuples(pg_class.oid) as dead,
        pg_stat_get_live_tuples(pg_class.oid) as living, pg_stat_get_mod_since_analyze(pg_class.oid) as modified
      from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where relkind = 'r' and relpersistence = 'p' and nspname not in ('pg_catalog', 'information_schema')
    ) as counted
  ) as tables where is_full or is_grown`;

const logText = `select (pg_current_wal_lsn() - redo_lsn)::bigint as bytes from pg_control_checkpoint()`;

/** @returns a function that stops it, after the statement in progress */
export function startUpkeep(sql: Sql): () => Promise<void> {
  const upkeep = new Upkeep(sql);
  let underWay: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    // a failure is retried at the next interval; it only costs space
    underWay = underWay.then(() => upkeep.run()).catch(() => undefined);
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}
