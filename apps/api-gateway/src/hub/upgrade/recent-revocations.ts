import { CartwayError } from "@libs/errors";
import type { Principal } from "../../model/identity/principal.ts";
import type { ConnectionTarget } from "../control.ts";
import { ticketMs } from "../tickets/ticket-store.ts";

/** Longer than a ticket lasts, or an identity is waited for. */
const keptMs = 2 * ticketMs;

/**
 * What was taken back of late. A connection that is just being made is not there yet to be closed: its caller proved itself before, by a
 * ticket of the last half minute or to an identity that took its time.
 */
export class RecentRevocations {
  readonly #at = new Map<string, number>();
  readonly #onNoted: (target: ConnectionTarget) => void;

  constructor(onNoted: (target: ConnectionTarget) => void = () => {}) {
    this.#onNoted = onNoted;
  }

  note(target: ConnectionTarget, now: number): void {
    this.#keep(`${target.by} ${target.id}`, now);
    this.#onNoted(target);
  }

  /** A reload has given an identity other settings or secrets: whom it knew before must prove themselves again. */
  noteIdentity(name: string, now: number): void {
    this.#keep(`identity ${name}`, now);
  }

  #keep(key: string, now: number): void {
    for (const [known, at] of this.#at) {
      if (now - at < keptMs) break;
      this.#at.delete(known);
    }
    this.#at.delete(key);
    this.#at.set(key, now);
  }

  /**
   * @param channel of the connection's own, where it will have one
   * @param provenAt when the caller proved itself, milliseconds since the epoch
   * @throws CartwayError `invalid_token`
   */
  check({ identity, sessionId, subject }: Principal, channel: string | null, provenAt: number): void {
    const isRevoked =
      this.#at.has(`login ${sessionId}`) ||
      [`identity ${identity}`, `user ${subject}`, `channel ${channel}`].some(
        (key) => (this.#at.get(key) ?? -Infinity) >= provenAt,
      );
    if (isRevoked) throw new CartwayError("invalid_token", { message: "The credential was revoked." });
  }
}
