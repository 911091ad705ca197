import { findAnywhere } from "../../hub/admin/find-anywhere.ts";
import type { ConnectionTarget } from "../../hub/control.ts";
import type { HubContext } from "../../hub/hub-context.ts";

const page = { limit: 20, waitMs: 100 } as const;

/** The connections an act is about, as the audit names them: some of them where there are many. Nobody knows those of a login. */
export async function whoIsMeant(
  hub: HubContext,
  { by, id }: ConnectionTarget,
): Promise<readonly string[] | null> {
  if (by === "login") return null;
  const { connections } = await findAnywhere(hub, by === "user" ? { userId: id } : { id }, page);
  return connections.map(
    (connection) => `${connection.id} of ${connection.userId ?? "nobody"} at ${connection.ip}`,
  );
}
