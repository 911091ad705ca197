import { type AnyElysia, t } from "elysia";
import { listCommands } from "../../commands/find-commands.ts";
import type { Fleet } from "../../fleet.ts";
import { commandKinds } from "../../model/command-kinds.ts";
import { readCustomer } from "../caller.ts";
import { filterOf, newestQuery, next, nextOf } from "../pages.ts";
import { customerRoutes, describedForCustomers } from "../route-group.ts";
import { answers, command, commandState, integer, risk } from "../schemas.ts";

const commandKind = t.Object({
  kind: t.String(),
  version: integer(),
  risk,
  description: t.String(),
  parameters: t.Unknown({ description: "JSON Schema." }),
});

/** The commands of all sessions, and the kinds of commands that exist. */
export function createCustomerCommandRoutes({ sql }: Fleet): AnyElysia {
  return customerRoutes("customer-commands")
    .get(
      "/commands",
      async ({ query, request }) => {
        const filter = filterOf(query);
        const commands = await listCommands(sql, readCustomer(request).customerId, filter);
        return { commands: [...commands], next: nextOf(commands, filter.limit) };
      },
      {
        query: t.Object({ status: t.Optional(commandState), ...newestQuery }),
        response: answers(t.Object({ commands: t.Array(command), next }), 401, 403, 422),
        detail: describedForCustomers(
          "listCommands",
          "List commands, newest first; with status=dead the dead letters",
        ),
      },
    )
    .get("/command-kinds", ({ request }) => kindsFor(request), {
      response: answers(t.Object({ kinds: t.Array(commandKind) }), 401, 403),
      detail: describedForCustomers(
        "listCommandKinds",
        "List the kinds of commands with the schemas of their parameters",
      ),
    });
}

function kindsFor(request: Request) {
  readCustomer(request);
  return { kinds: commandKinds.map((kind) => ({ ...kind })) };
}
