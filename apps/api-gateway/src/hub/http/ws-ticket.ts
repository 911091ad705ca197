import { clientCertificateOf } from "@libs/elysia-server";
import { CartwayError } from "@libs/errors";
import type { Authenticator } from "../../identity/create-identities.ts";
import { PresentedCredentials } from "../../identity/presented-credentials.ts";
import type { HubContext } from "../hub-context.ts";
import type { HubCall } from "./publish.ts";
import { requireCaller } from "./require-caller.ts";

/** `POST /auth/ws-ticket` with the caller's usual credential → `{ ticket, expiresAt }`, good for one upgrade. */
export async function issueTicket(
  hub: HubContext,
  { request, isPeerTrusted }: HubCall,
  authenticate: Authenticator | null,
): Promise<Response> {
  if (request.method !== "POST") throw new CartwayError("method_not_allowed", { headers: { allow: "POST" } });
  const credentials = new PresentedCredentials({
    headers: request.headers,
    query: "",
    tokenParameter: null,
    isPeerTrusted,
    certificate: clientCertificateOf(request),
  });
  const caller = requireCaller((await authenticate?.(credentials)) ?? { outcome: "absent" });
  const ticket = await hub.tickets.issue(caller);
  return Response.json(ticket, { headers: { "cache-control": "no-store" } });
}
