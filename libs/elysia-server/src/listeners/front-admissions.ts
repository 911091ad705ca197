import type { Socket } from "node:net";
import { Admissions } from "@libs/http1";
import type { ListenOptions } from "./listener.ts";

/** How long a refused connection may take for its handshake, request and answer. */
const tellingMs = 10_000;

/** Counts the connections of a TLS front, from before the handshake to the end, and refuses those above the limits. */
export class FrontAdmissions {
  readonly #admissions: Admissions<Socket>;
  readonly #onTrouble: ListenOptions["onTrouble"];
  readonly #turnedAway = new WeakSet<Socket>();

  constructor({ connectionLimits, onTrouble }: Pick<ListenOptions, "connectionLimits" | "onTrouble">) {
    this.#admissions = new Admissions(connectionLimits);
    this.#onTrouble = onTrouble;
  }

  /** MUST be called once for each accepted connection. */
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

  /** Whether all its requests are answered 503. (Bun uses the same socket object before and after the handshake.) */
  isTurnedAway(socket: Socket): boolean {
    return this.#turnedAway.has(socket);
  }
}
