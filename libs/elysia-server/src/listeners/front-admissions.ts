import type { Socket } from "node:net";
import { Admissions } from "@libs/http1";
import type { ListenOptions } from "./listener.ts";

/** For the handshake of one that is turned away, its request and its answer. */
const tellingMs = 10_000;

/** Counts the connections of a TLS front from before their handshake to their end, and lets those go that are too many. */
export class FrontAdmissions {
  readonly #admissions: Admissions<Socket>;
  readonly #onTrouble: ListenOptions["onTrouble"];
  readonly #turnedAway = new WeakSet<Socket>();

  constructor({ connectionLimits, onTrouble }: Pick<ListenOptions, "connectionLimits" | "onTrouble">) {
    this.#admissions = new Admissions(connectionLimits);
    this.#onTrouble = onTrouble;
  }

  /** MUST be told of each connection once, when it is accepted. */
  opened(socket: Socket): void {
    const admission = this.#admissions.opened(socket);
    socket.once("close", () => this.#admissions.left(socket));
    if (admission === "served") return;
    this.#onTrouble?.("turned-away");
    if (admission === "cut") return void socket.destroy();
    this.#turnedAway.add(socket);
    const timer = setTimeout(() => socket.destroy(), tellingMs);
    socket.once("close", () => clearTimeout(timer));
  }

  /** Whether all that it may ask for is answered 503. (Bun gives the same socket before and after its handshake.) */
  isTurnedAway(socket: Socket): boolean {
    return this.#turnedAway.has(socket);
  }
}
