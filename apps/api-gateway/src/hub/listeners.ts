import type { AppServer } from "@libs/elysia-server";

/** The listeners whose WebSockets the hub publishes to: more than one while a new listener replaces the old one. */
export class Listeners {
  readonly #open = new Set<AppServer>();

  /** Also drops listeners without WebSockets, or each replaced listener would stay in memory. */
  add(listener: AppServer): void {
    if (this.#open.has(listener)) return;
    for (const before of this.#open) if (before.pendingWebSockets === 0) this.#open.delete(before);
    this.#open.add(listener);
  }

  /** Publishes to every native subscriber of a topic. */
  publish(topic: string, text: string): void {
    for (const listener of this.#open) listener.publish(topic, text, false);
  }
}
