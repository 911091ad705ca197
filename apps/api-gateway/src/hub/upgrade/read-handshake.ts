import { CartwayError } from "@libs/errors";

/** What the hub answers to a client that offers subprotocols; the others are only carriers of a credential. */
export const subprotocol = "cartway.v1";

export interface Handshake {
  /** To be answered, or `null` where none was offered. */
  readonly protocol: string | null;
  readonly ticket: string | null;
  /** From the subprotocol `bearer.<token>`. */
  readonly token: string | null;
}

/**
 * A credential can come in the `Authorization` header, as subprotocol `bearer.<token>` or `ticket.<ticket>` beside
 * `cartway.v1`, or, a ticket only, as `?ticket=`: it is worth nothing once used. @throws CartwayError `bad_request`
 */
export function readHandshake(headers: Headers, query: string): Handshake {
  const offered = (headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
  const names = offered.filter((name) => name !== "");
  if (names.length > 0 && !names.includes(subprotocol)) {
    throw new CartwayError("bad_request", {
      message: `A client that offers subprotocols offers ${subprotocol} too.`,
    });
  }
  const token = valueOf(names, "bearer.");
  const ticket = valueOf(names, "ticket.") ?? ticketOf(query);
  const given = [headers.get("authorization"), token, ticket].filter((credential) => credential !== null);
  if (given.length > 1) throw new CartwayError("bad_request", { message: "One credential at a time." });
  return { protocol: names.length > 0 ? subprotocol : null, token, ticket };
}

function valueOf(names: readonly string[], prefix: string): string | null {
  const name = names.find((candidate) => candidate.startsWith(prefix));
  return name === undefined ? null : name.slice(prefix.length);
}

function ticketOf(query: string): string | null {
  return query === "" ? null : new URLSearchParams(query).get("ticket");
}
