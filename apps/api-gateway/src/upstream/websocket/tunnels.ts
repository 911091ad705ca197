import { CartwayError } from "@libs/errors";
import type { Tunnel } from "./tunnel.ts";

const sweepMs = 1000;
/** Over which closes are spread, so that clients do not come back all at once. */
const spreadMs = 1000;
const stepMs = 25;
const routeChanged = "the route changed";
const restarting = "the gateway restarts";

/** The WebSockets that are open through this gateway, over all snapshots. */
export class Tunnels {
  readonly #tunnels = new Set<Tunnel>();
  readonly #places = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #isDraining = false;
  /** Of the config in force; `null` before the first reload. */
  #fingerprints: ReadonlyMap<string, string> | null = null;

  get size(): number {
    return this.#tunnels.size;
  }

  /**
   * A place among the WebSockets of a route. @returns what gives it back, once.
   * @throws CartwayError `shutting_down`, `too_many_connections`; both say when to come again.
   */
  admit(routeId: string, connectionsMax: number): () => void {
    if (this.#isDraining) throw new CartwayError("shutting_down", { retryAfterSeconds: 1 });
    const taken = this.#places.get(routeId) ?? 0;
    if (taken >= connectionsMax) throw new CartwayError("too_many_connections", { retryAfterSeconds: 5 });
    this.#places.set(routeId, taken + 1);
    let isBack = false;
    return () => {
      if (isBack) return;
      isBack = true;
      const left = (this.#places.get(routeId) ?? 1) - 1;
      if (left === 0) this.#places.delete(routeId);
      else this.#places.set(routeId, left);
    };
  }

  /** One that was still being opened when the config changed or the drain began is sent away at once, as those are that were open. */
  add(tunnel: Tunnel): void {
    this.#tunnels.add(tunnel);
    if (this.#timer === null) {
      this.#timer = setInterval(() => this.#sweep(), sweepMs);
      this.#timer.unref();
    }
    if (this.#isDraining) tunnel.close(1012, 1001, restarting);
    else if (this.#fingerprints !== null && isChanged(tunnel, this.#fingerprints))
      tunnel.close(1012, 1001, routeChanged);
  }

  /** Closes, with 1012 and spread over a second, those whose route is gone or is not what it was. */
  async reload(fingerprints: ReadonlyMap<string, string>): Promise<void> {
    this.#fingerprints = fingerprints;
    const changed = [...this.#tunnels].filter((tunnel) => isChanged(tunnel, fingerprints));
    await sendAway(changed, routeChanged);
  }

  /** Sends every client elsewhere with 1012, tells the services 1001, and lets no new one in. */
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
    const now = performance.now();
    for (const tunnel of this.#tunnels) if (!tunnel.sweep(now)) this.#tunnels.delete(tunnel);
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
