import { RoleGraph } from "@libs/auth";
import { type AnyElysia, Elysia } from "elysia";
import type { AdminParts } from "../admin-parts.ts";

/** `GET /roles`: each role of the config with all its permissions, including inherited ones. */
export function listRoles({ current }: AdminParts): AnyElysia {
  return new Elysia().get(
    "/roles",
    () => {
      const { roles } = current().config;
      const graph = new RoleGraph(roles);
      return {
        roles: Object.entries(roles).map(([id, { inherits }]) => ({
          id,
          inherits,
          permissions: graph.permissionsOf([id]),
        })),
      };
    },
    { detail: { tags: ["users"], summary: "List the configured roles with their permissions" } },
  );
}
