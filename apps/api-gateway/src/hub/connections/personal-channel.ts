import { isChannelName } from "@libs/messaging";
import { identityWord } from "../../model/identity/identity-word.ts";
import type { Principal } from "../../model/identity/principal.ts";
import type { EndpointConfig } from "../config/schema.ts";
import type { Connection } from "./connection.ts";

/** The connection's personal channel, which services publish to; `null` for anonymous connections and endpoints without one. */
export function personalChannelOf({
  slot,
  principal,
}: Pick<Connection, "principal"> & { readonly slot: Pick<Connection["slot"], "current"> }): string | null {
  if (principal === null) return null;
  const { personal } = slot.current.config;
  if (personal === "none") return null;
  const name = personalNameOf(personal, principal);
  return name === null || !isChannelName(name) ? null : `${personal}:${name}`;
}

/** The name that services use for the channel. Several people may belong to one customer: the tenant granted by their identity. */
export function personalNameOf(
  personal: Exclude<EndpointConfig["personal"], "none">,
  { subject, tenantId }: Principal,
): string | null {
  const name = personal === "customer" ? tenantId : subject;
  return name === null ? null : identityWord(name);
}
