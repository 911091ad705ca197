import type { Sql } from "@libs/database";

export interface NewestFilter<State> {
  readonly status: State | null;
  readonly deviceId: string | null;
  /** Id of the last one of the previous page; ids grow with time. */
  readonly before: string | null;
  readonly limit: number;
}

/** What to list, and which columns. */
export interface NewestOf {
  readonly table: "fleet_sessions" | "fleet_commands";
  readonly columns: string;
}

/** A page of a customer's rows, newest first. */
export async function listNewest<Row extends object>(
  sql: Sql,
  customerId: string,
  { table, columns }: NewestOf,
  { status, deviceId, before, limit }: NewestFilter<string>,
): Promise<readonly Row[]> {
  return await sql.query<Row>(
    `select ${columns} from ${table}
      where customer_id = $1 and ($2::text is null or status = $2) and ($3::uuid is null or device_id = $3)
        and ($4::uuid is null or id < $4)
      order by id desc limit $5`,
    [customerId, status, deviceId, before, limit],
    { prepareAs: `${table}_newest` },
  );
}
