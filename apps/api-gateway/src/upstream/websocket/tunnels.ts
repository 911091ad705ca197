import { CartwayError } from "@libs/errors";
import type { Principal } from "../../model/identity/principal.ts";
import type { Tunnel } from "./tunnel.ts";

const sweepMs = 1000;
/** Closes are spread over this time, so that clients do not reconnect at once. */
const spreadMs = 1000;
const stepMs = 25;
const routeChanged = "the route changed";
const restarting = "the gateway restarts";

/** The place of a tunnel that is opening or open. */
export interface TunnelPlace {
  readonly principal: Principal | null;
  /** Set if the caller's access was revoked while the tunnel was opening. */
  isRevoked: boolean;
  /** Idempotent. */
  giveBack(): void;
}

/** The WebSockets that are open through this gateway, over all snapshots. */
export class Tunnels {
  readonly #tunnels = new Set<Tunnel>();
  readonly #places = new Map<string, number>();
  readonly #opening = new Set<TunnelPlace>();
  readonly #now: () => number;
  #timer: NodeJS.Timeout | null = null;
  #isDraining = false;
  /** Of the current config; `null` before the first reload. */
  #fingerprints: ReadonlyMap<string, string> | null = null;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#tunnels.size;
  }

  /** Reserves a place among a route's WebSockets. @throws CartwayError `shutting_down`, `too_many_connections`, with Retry-After. */
  admit(routeId: string, connectionsMax: number, principal: Principal | null): TunnelPlace {
    if (this.#isDraining) throw new CartwayError("shutting_down", { retryAfterSeconds: 1 });
    const taken = this.#places.get(routeId) ?? 0;
    if (taken >= connectionsMax) throw new CartwayError("too_many_connections", { retryAfterSeconds: 5 });
    this.#places.set(routeId, taken + 1);
    let isBack = false;
    const place: TunnelPlace = {
      principal,
      isRevoked: false,
      giveBack: () => {
        if (isBack) return;
        isBack = true;
        this.#opening.delete(place);
        const left = (this.#places.get(routeId) ?? 1) - 1;
        if (left === 0) this.#places.delete(routeId);
        else this.#places.set(routeId, left);
      },
    };
    this.#opening.add(place);
    return place;
  }

  /**
   * A tunnel that was opening when the config changed, the drain began or its credential was revoked is closed at once, as open ones are.
   */
  add(tunnel: Tunnel, place: TunnelPlace): void {
    this.#opening.delete(place);
    this.#tunnels.add(tunnel);
    if (this.#timer === null) {
      this.#timer = setInterval(() => this.#sweep(), sweepMs);
      this.#timer.unref();
    }
    if (this.#isDraining) tunnel.close(1012, 1001, restarting);
    else if (this.#fingerprints !== null && isChanged(tunnel, this.#fingerprints))
      tunnel.close(1012, 1001, routeChanged);
    else if (place.isRevoked) tunnel.endCredential("was revoked");
  }

  /** Closes the WebSockets of callers whose access was revoked. */
  revoke(isMeant: (principal: Principal) => boolean): void {
    for (const tunnel of this.#tunnels)
      if (tunnel.principal !== null && isMeant(tunnel.principal)) tunnel.endCredential("was revoked");
    for (const place of this.#opening)
      if (place.principal !== null && isMeant(place.principal)) place.isRevoked = true;
  }

  /** Closes, with 1012 and spread over a second, those whose route is gone or is not what it was. */
  async reload(fingerprints: ReadonlyMap<string, string>): Promise<void> {
    this.#fingerprints = fingerprints;
    const changed = [...this.#tunnels].filter((tunnel) => isChanged(tunnel, fingerprints));
    await sendAway(changed, routeChanged);
  }

  /** Closes clients with 1012 and services with 1001, and admits no new tunnels. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await sendAway([...this.#tunnels], restarting);
  }

  dispose(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    for (const tunnel of this.#tunnels) tunnel.close(1012, 1001, restarting);
  }

  #sweep(): void {
    const clock = performance.now();
    const now = this.#now();
    for (const tunnel of this.#tunnels) if (!tunnel.sweep(clock, now)) this.#tunnels.delete(tunnel);
    if (this.#tunnels.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

function isChanged({ routeId, fingerprint }: Tunnel, fingerprints: ReadonlyMap<string, string>): boolean {
  return fingerprints.get(routeId) !== fingerprint;
}

async function sendAway(tunnels: readonly Tunnel[], reason: string): Promise<void> {
  const size = Math.max(1, Math.ceil(tunnels.length / (spreadMs / stepMs)));
  for (let start = 0; start < tunnels.length; start += size) {
    for (const tunnel of tunnels.slice(start, start + size)) tunnel.close(1012, 1001, reason);
    if (start + size < tunnels.length) await Bun.sleep(stepMs);
  }
}
