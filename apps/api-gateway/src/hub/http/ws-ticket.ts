import { CartwayError } from "@libs/errors";
import type { Authenticator } from "../../identity/create-identities.ts";
import type { HubContext } from "../hub-context.ts";
import { type HubCall, presentCredentials } from "./present-credentials.ts";
import { requireCaller } from "./require-caller.ts";

/** `POST /auth/ws-ticket` with the caller's usual credential → `{ ticket, expiresAt }`, good for one upgrade. */
export async function issueTicket(
  hub: HubContext,
  call: HubCall,
  authenticate: Authenticator | null,
): Promise<Response> {
  if (call.request.method !== "POST")
    throw new CartwayError("method_not_allowed", { headers: { allow: "POST" } });
  const answer = await authenticate?.(presentCredentials(call));
  const caller = requireCaller(answer ?? { outcome: "absent" });
  const ticket = await hub.tickets.issue(caller);
  return Response.json(ticket, { headers: { "cache-control": "no-store" } });
}
