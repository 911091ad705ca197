import type { Sql } from "../sql.ts";

const everyMs = 5000;

/** Two megabytes more are nothing yet, and everybody waits while a table is cleared. */
const grownText = `
  select format('%I.%I', nspname, relname) as name
  from pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where relkind = 'r' and nspname not in ('pg_catalog', 'information_schema') and relpersistence = 'p'
    and pg_relation_size(pg_class.oid) / 8192 > 256 + 2 * greatest(relpages, 0)`;

/**
 * What a server's autovacuum does and the embedded engine does not: a table that has doubled is cleared of what was updated
 * and deleted, and its statistics are read anew, so that statements that were prepared while it was small are planned again.
 * @returns what ends it, after the piece under way
 */
export function startUpkeep(sql: Sql): () => Promise<void> {
  let underWay: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    // Where it fails the next beat tries again: nothing is lost but room.
    underWay = underWay.then(() => clearGrownTables(sql)).catch(() => undefined);
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}

/** @returns the names of the tables */
export async function clearGrownTables(sql: Sql): Promise<readonly string[]> {
  const grown = await sql.query<{ name: string }>(grownText, [], { prepareAs: "cartway_grown_tables" });
  for (const { name } of grown) await sql.query(`vacuum (analyze) ${name}`);
  return grown.map(({ name }) => name);
}
