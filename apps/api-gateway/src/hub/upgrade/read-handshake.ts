import { CartwayError } from "@libs/errors";
import type { RequestHeaders } from "@libs/http1";
import { RefusedAttempt } from "../refused-attempt.ts";

/** The subprotocol that the hub accepts; others only carry a credential. */
const subprotocol = "cartway.v1";

export interface Handshake {
  /** The subprotocol of the answer; `null` if none was offered. */
  readonly protocol: string | null;
  readonly ticket: string | null;
  /** From the subprotocol `bearer.<token>`. */
  readonly token: string | null;
}

/**
 * A credential can be in the `Authorization` header, in a subprotocol `bearer.<token>` or `ticket.<ticket>` beside `cartway.v1`, or, for
 * tickets only, in `?ticket=`: a used ticket is worthless. @throws CartwayError `bad_request`
 */
export function readHandshake(headers: RequestHeaders, query: string): Handshake {
  const offered = (headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
  const names = offered.filter((name) => name !== "");
  if (names.length > 0 && !names.includes(subprotocol)) {
    throw new CartwayError("bad_request", {
      message: `A client that offers subprotocols must also offer ${subprotocol}.`,
    });
  }
  const tokens = valuesOf(names, "bearer.");
  const tickets = [...valuesOf(names, "ticket."), ...ticketsOf(query)];
  const header = headers.get("authorization");
  const given = [...(header === null ? [] : [header]), ...tokens, ...tickets];
  if (given.length > 1) {
    const attempt = { kind: "credentials_rejected", reason: "malformed_credentials" } as const;
    throw new RefusedAttempt("bad_request", attempt, { message: "Send exactly one credential." });
  }
  const [token = null] = tokens;
  const [ticket = null] = tickets;
  return { protocol: names.length > 0 ? subprotocol : null, token, ticket };
}

function valuesOf(names: readonly string[], prefix: string): readonly string[] {
  return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

function ticketsOf(query: string): readonly string[] {
  return query === "" ? [] : new URLSearchParams(query).getAll("ticket");
}
