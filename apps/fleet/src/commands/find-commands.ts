import type { Sql } from "@libs/database";
import type { CommandState } from "../model/command-states.ts";
import { type CommandView, toCommandView } from "../sessions/find-sessions.ts";
import { listNewest, type NewestFilter } from "../sessions/list-newest.ts";
import { commandColumns, type CommandRow } from "../sessions/session-rows.ts";

/** A page of the customer's commands, the newest first; with the status `dead`, the dead letters. */
export async function listCommands(
  sql: Sql,
  customerId: string,
  filter: NewestFilter<CommandState>,
): Promise<readonly CommandView[]> {
  const from = { table: "fleet_commands", columns: commandColumns } as const;
  return (await listNewest<CommandRow>(sql, customerId, from, filter)).map(toCommandView);
}
