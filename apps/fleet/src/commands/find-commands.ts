import type { Sql } from "@libs/database";
import type { CommandState } from "../model/command-states.ts";
import { type CommandView, toCommandView } from "../sessions/find-sessions.ts";
import { commandColumns, type CommandRow } from "../sessions/session-rows.ts";

export interface CommandFilter {
  readonly status: CommandState | null;
  readonly deviceId: string | null;
  /** Id of the last command of the page before; ids grow with time. */
  readonly before: string | null;
  readonly limit: number;
}

/** A page of the customer's commands, the newest first; with the status `dead`, the dead letters. */
export async function listCommands(
  sql: Sql,
  customerId: string,
  { status, deviceId, before, limit }: CommandFilter,
): Promise<readonly CommandView[]> {
  const rows = await sql.query<CommandRow>(
    `select ${commandColumns} from fleet_commands
      where customer_id = $1 and ($2::text is null or status = $2) and ($3::uuid is null or device_id = $3)
        and ($4::uuid is null or id < $4)
      order by id desc limit $5`,
    [customerId, status, deviceId, before, limit],
    { prepareAs: "fleet_list_commands" },
  );
  return rows.map(toCommandView);
}
