import type { Publication, PublicationListener } from "./broker.ts";

/**
 * The listeners of this process, by channel. One that throws does not affect the others. Most channels have one listener, and there are
 * as many channels as shoppers: a set is created only for a second.
 */
export class LocalListeners {
  readonly #byChannel = new Map<string, PublicationListener | Set<PublicationListener>>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  add(channel: string, listener: PublicationListener): void {
    const present = this.#byChannel.get(channel);
    if (present === undefined) this.#byChannel.set(channel, listener);
    else if (present instanceof Set) present.add(listener);
    else this.#byChannel.set(channel, new Set([present, listener]));
  }

  /** True where it was the channel's last listener. */
  remove(channel: string, listener: PublicationListener): boolean {
    const present = this.#byChannel.get(channel);
    const isLast =
      present instanceof Set ? present.delete(listener) && present.size === 0 : present === listener;
    return isLast && this.#byChannel.delete(channel);
  }

  has(channel: string): boolean {
    return this.#byChannel.has(channel);
  }

  channels(): string[] {
    return [...this.#byChannel.keys()];
  }

  deliver(publication: Publication): void {
    const present = this.#byChannel.get(publication.channel);
    if (present instanceof Set) for (const listener of present) this.#tell(listener, publication);
    else if (present !== undefined) this.#tell(present, publication);
  }

  #tell(listener: PublicationListener, publication: Publication): void {
    try {
      listener.publication(publication);
    } catch (error) {
      this.#onError(error);
    }
  }
}
