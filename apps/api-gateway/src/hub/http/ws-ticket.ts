import { CartwayError } from "@libs/errors";
import type { HubContext } from "../hub-context.ts";
import type { SelectedIdentities } from "../hub-deps.ts";
import { type HubCall, presentCredentials } from "./present-credentials.ts";
import { requireCaller } from "./require-caller.ts";

/** `POST /auth/ws-ticket` with the caller's usual credential → `{ ticket, expiresAt }`, good for one upgrade. */
export async function issueTicket(
  hub: HubContext,
  call: HubCall,
  identities: SelectedIdentities | null,
): Promise<Response> {
  if (call.request.method !== "POST")
    throw new CartwayError("method_not_allowed", { headers: { allow: "POST" } });
  const answer = await identities?.authenticate(presentCredentials(call));
  const caller = requireCaller(answer ?? { outcome: "absent" }, identities?.challenge ?? null);
  const ticket = await hub.tickets.issue(caller);
  return Response.json(ticket, { headers: { "cache-control": "no-store" } });
}
