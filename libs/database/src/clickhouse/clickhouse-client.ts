import type { ClickHouseClient as DriverClient } from "@clickhouse/client";
import { CartwayError } from "@libs/errors";
import { ConnectionGate, LostConnection } from "../connection-gate.ts";
import { measureHealth, type StoreHealth } from "../store-health.ts";

export type ClickHouseParameters = Readonly<
  Record<string, string | number | boolean | readonly string[] | readonly number[]>
>;

/**
 * A ClickHouse server, or the embedded engine. After a lost connection calls fail fast until the server answers again. A refusal for lack
 * of disk, memory or time becomes `store_unavailable` too, because a retry can help; other refusals are rethrown.
 */
export class ClickHouseClient {
  readonly #driver: DriverClient;
  readonly #gate = new ConnectionGate({ store: "ClickHouse" });
  readonly #onClose: () => void;
  #closing: Promise<void> | null = null;

  constructor(driver: DriverClient, onClose: () => void = () => undefined) {
    this.#driver = driver;
    this.#onClose = onClose;
  }

  /** Resolves when the rows are stored, as one block. Rows are objects keyed by column. */
  async insert(table: string, rows: readonly object[]): Promise<void> {
    await this.insertLines(table, rows.map((row) => JSON.stringify(row)).join("\n"));
  }

  /** `insert` with rows as JSON lines, for callers that have text. `settings` are ClickHouse's, by name. */
  async insertLines(
    table: string,
    lines: string,
    settings: Readonly<Record<string, number>> = {},
  ): Promise<void> {
    if (lines === "") return;
    // in the statement, where no server profile can override them: the answer must mean that the rows are stored
    const stated = Object.entries({ async_insert: 0, ...settings }).map(
      ([name, value]) => `${name} = ${value}`,
    );
    const statement = `INSERT INTO ${table} SETTINGS ${stated.join(", ")} FORMAT JSONEachRow`;
    // `command` drains the response; with `exec`, an unread one would keep its connection forever
    await this.#run(() => this.#driver.command({ query: `${statement}\n${lines}` }));
  }

  /** Parameters are bound by the server: `{name:Type}` in the text. 64-bit integers arrive as strings. */
  async query<Row>(text: string, parameters: ClickHouseParameters = {}): Promise<readonly Row[]> {
    return await this.#run(async () => {
      const result = await this.#driver.query({
        query: text,
        query_params: { ...parameters },
        format: "JSONEachRow",
      });
      return await result.json<Row>();
    });
  }

  /** A statement without a result. */
  async command(text: string, parameters: ClickHouseParameters = {}): Promise<void> {
    await this.#run(() => this.#driver.command({ query: text, query_params: { ...parameters } }));
  }

  async health(): Promise<StoreHealth> {
    return await measureHealth(() => this.query("SELECT 1"));
  }

  close(): Promise<void> {
    this.#closing ??= this.#driver.close().then(this.#onClose);
    return this.#closing;
  }

  async #run<T>(call: () => Promise<T>): Promise<T> {
    return await this.#gate.run(async () => {
      try {
        return await call();
      } catch (thrown) {
        if (!isRefusal(thrown)) throw new LostConnection(thrown);
        throw isPassing(thrown) ? new CartwayError("store_unavailable", overloaded(thrown)) : thrown;
      }
    });
  }
}

interface Refusal extends Error {
  readonly code: unknown;
  readonly type: string;
}

/**
 * Whether ClickHouse answered with a refusal, so the connection is fine. Detected by shape, a number and a type, because the embedded
 * engine has an error class of its own.
 */
function isRefusal(thrown: unknown): thrown is Refusal {
  if (!(thrown instanceof Error) || !("code" in thrown) || !("type" in thrown)) return false;
  return /^\d+$/.test(String(thrown.code)) && typeof thrown.type === "string";
}

/** Refusals for lack of disk, memory, time or replicas, by ClickHouse's names: the same statement can succeed later. */
const passing: ReadonlySet<string> = new Set([
  "CANNOT_ALLOCATE_MEMORY",
  "KEEPER_EXCEPTION",
  "MEMORY_LIMIT_EXCEEDED",
  "NOT_ENOUGH_SPACE",
  "QUERY_WAS_CANCELLED",
  "TABLE_IS_READ_ONLY",
  "TIMEOUT_EXCEEDED",
  "TOO_FEW_LIVE_REPLICAS",
  "TOO_MANY_PARTS",
  "TOO_MANY_SIMULTANEOUS_QUERIES",
]);

function isPassing({ type }: Refusal): boolean {
  return passing.has(type);
}

function overloaded(cause: Refusal): { readonly internal: string; readonly cause: Error } {
  return { internal: `ClickHouse cannot for now: ${cause.type}`, cause };
}
