import { findAnywhere } from "../../hub/admin/find-anywhere.ts";
import type { ConnectionTarget } from "../../hub/control.ts";
import type { HubContext } from "../../hub/hub-context.ts";

const page = { limit: 20, waitMs: 100 } as const;

/** The connections that an operator's action affects, for the audit log, at most 20; `null` for those of a login, which have no index. */
export async function describeTarget(
  hub: HubContext,
  { by, id }: ConnectionTarget,
): Promise<readonly string[] | null> {
  if (by === "login") return null;
  const { connections } = await findAnywhere(hub, by === "user" ? { userId: id } : { id }, page);
  return connections.map(
    (connection) => `${connection.id} of ${connection.userId ?? "nobody"} at ${connection.ip}`,
  );
}
