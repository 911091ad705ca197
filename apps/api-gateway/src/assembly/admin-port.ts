import type { Auth } from "@libs/auth";
import type { Sql } from "@libs/database";
import type { App, ServerConfig } from "@libs/elysia-server";
import type { AdminDeps, AdminSettings } from "../admin/create-admin.ts";
import type { SnapshotHolder } from "../pipeline/snapshot-holder.ts";

export interface AdminPortDeps extends Omit<AdminDeps, "accounts" | "current" | "configStatus"> {
  readonly snapshots: SnapshotHolder;
  readonly auth?: Auth;
  readonly sql?: Sql;
}

type Settings = ServerConfig & { readonly admin?: AdminSettings };

/** Creates the gateway's admin port; `null` where it is disabled. */
export function createAdminPort({ admin, version, commit }: Settings, deps: AdminPortDeps): App | null {
  if (admin === undefined) return null;
  const { createAdmin }: typeof import("../admin/create-admin.ts") = require("../admin/create-admin.ts");
  const { snapshots, auth, sql, ...rest } = deps;
  return createAdmin(
    { ...admin, version, commit: commit ?? null },
    {
      ...rest,
      current: snapshots.current,
      configStatus: () => snapshots.status,
      accounts: auth === undefined || sql === undefined ? null : { auth, sql },
    },
  );
}
