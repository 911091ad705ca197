import { type AnyElysia, t } from "elysia";
import type { Fleet } from "../../fleet.ts";
import { systemStatus } from "../../system/system-status.ts";
import { readCustomer } from "../caller.ts";
import { customerRoutes, describedForCustomers } from "../route-group.ts";
import { answers, integer } from "../schemas.ts";

const countsByState = t.Record(t.String(), integer());

export function createSystemRoute({ sql, now }: Fleet): AnyElysia {
  return customerRoutes("customer-system").get(
    "/system",
    ({ request }) => systemStatus(sql, readCustomer(request).customerId, now()),
    {
      response: answers(
        t.Object({
          devices: countsByState,
          devicesOnline: integer(),
          sessions: countsByState,
          commands: countsByState,
          oldestWaitingSeconds: t.Union([t.Number(), t.Null()]),
        }),
        401,
        403,
      ),
      detail: describedForCustomers(
        "getSystem",
        "Get an overview of the customer's devices, sessions and commands",
      ),
    },
  );
}
