import type { Publication, PublicationListener } from "./broker.ts";

/** The listeners of this process by channel. One that throws does not keep the others from hearing. */
export class LocalListeners {
  readonly #byChannel = new Map<string, Set<PublicationListener>>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** True where it is the channel's first. */
  add(channel: string, listener: PublicationListener): boolean {
    const present = this.#byChannel.get(channel);
    if (present !== undefined) {
      present.add(listener);
      return false;
    }
    this.#byChannel.set(channel, new Set([listener]));
    return true;
  }

  /** True where it was the channel's last. */
  remove(channel: string, listener: PublicationListener): boolean {
    const present = this.#byChannel.get(channel);
    if (present?.delete(listener) !== true || present.size > 0) return false;
    this.#byChannel.delete(channel);
    return true;
  }

  has(channel: string): boolean {
    return this.#byChannel.has(channel);
  }

  channels(): string[] {
    return [...this.#byChannel.keys()];
  }

  deliver(publication: Publication): void {
    const present = this.#byChannel.get(publication.channel);
    if (present === undefined) return;
    for (const listener of present) {
      try {
        listener(publication);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
