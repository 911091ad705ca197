import { CartwayError } from "@libs/errors";
import type { Principal } from "../../model/identity/principal.ts";
import type { ConnectionTarget } from "../control.ts";
import { ticketMs } from "../tickets/ticket-store.ts";

/** Longer than the lifetime of a ticket and the timeout of an identity. */
const keptMs = 2 * ticketMs;

/**
 * Recent revocations. A connection that is being opened cannot be closed yet, although its caller authenticated before the revocation, with
 * a ticket or a slow identity: it is checked against these once it opens.
 */
export class RecentRevocations {
  readonly #revokedAt = new Map<string, number>();
  readonly #onNoted: (target: ConnectionTarget) => void;

  constructor(onNoted: (target: ConnectionTarget) => void = () => {}) {
    this.#onNoted = onNoted;
  }

  note(target: ConnectionTarget, now: number): void {
    this.#remember(`${target.by} ${target.id}`, now);
    this.#onNoted(target);
  }

  /** Called when a reload changed an identity's settings or secrets: its callers must authenticate again. */
  noteIdentity(name: string, now: number): void {
    this.#remember(`identity ${name}`, now);
  }

  #remember(key: string, now: number): void {
    for (const [known, at] of this.#revokedAt) {
      if (now - at < keptMs) break;
      this.#revokedAt.delete(known);
    }
    this.#revokedAt.delete(key);
    this.#revokedAt.set(key, now);
  }

  /**
   * @param channel the connection's personal channel, if any
   * @param provenAt when the caller authenticated, milliseconds since the epoch
   * @throws CartwayError `invalid_token`
   */
  check({ identity, sessionId, subject }: Principal, channel: string | null, provenAt: number): void {
    const isRevoked =
      this.#revokedAt.has(`login ${sessionId}`) ||
      [`identity ${identity}`, `user ${subject}`, `channel ${channel}`].some(
        (key) => (this.#revokedAt.get(key) ?? -Infinity) >= provenAt,
      );
    if (isRevoked) throw new CartwayError("invalid_token", { message: "The credential was revoked." });
  }
}
