import type { Publication } from "../broker/broker.ts";
import type { LocalListeners } from "../broker/local-listeners.ts";
import type { RedisConnection } from "./lua-script.ts";

/** Channels per SUBSCRIBE command. */
const chunkMax = 500;

/** A message from the server; the mark is set for publications without history. */
export interface RedisMessage {
  readonly publication: Publication;
  readonly mark: string | null;
}

export interface RedisSubscriptionsOptions {
  readonly redis: RedisConnection;
  readonly sharded: boolean;
  readonly names: { wireName(channel: string): string; channelOf(wireName: string): string };
  /** Of this instance. */
  readonly listeners: Pick<LocalListeners, "channels" | "has">;
  readonly deliver: (message: RedisMessage) => void;
}

/**
 * Keeps the server's subscriptions equal to the channels that have a listener on this instance: traffic of other channels does not reach
 * it. Changes within one turn of the event loop become one command.
 */
export class RedisSubscriptions {
  readonly #options: RedisSubscriptionsOptions;
  readonly #changed = new Set<string>();
  /** Active on the current connection. */
  readonly #inForce = new Set<string>();
  #flushing: Promise<void> | null = null;

  constructor(options: RedisSubscriptionsOptions) {
    this.#options = options;
    const deliver = (wire: string, message: string): void => this.#deliver(wire, message);
    options.redis.on(options.sharded ? "smessage" : "message", deliver);
  }

  /** Resolves when the server has the channel's current state. Rejects where it is unreachable. */
  update(channel: string): Promise<void> {
    this.#changed.add(channel);
    this.#flushing ??= Promise.resolve().then(() => this.#flush());
    return this.#flushing;
  }

  /** Subscribes to all channels again, on a new connection. */
  restore(): Promise<void> {
    this.#inForce.clear();
    for (const channel of this.#options.listeners.channels()) this.#changed.add(channel);
    this.#flushing ??= Promise.resolve().then(() => this.#flush());
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    try {
      while (this.#changed.size > 0) {
        const { listeners } = this.#options;
        const channels = [...this.#changed];
        this.#changed.clear();
        const wanted = channels.filter((channel) => listeners.has(channel));
        const unwanted = channels.filter((channel) => !listeners.has(channel));
        await this.#add(wanted.filter((channel) => !this.#inForce.has(channel)));
        await this.#remove(unwanted.filter((channel) => this.#inForce.has(channel)));
      }
    } finally {
      this.#flushing = null;
    }
  }

  async #add(channels: readonly string[]): Promise<void> {
    const { redis, sharded, names: wire } = this.#options;
    for (const chunk of chunksOf(channels, sharded ? 1 : chunkMax)) {
      const names = chunk.map((channel) => wire.wireName(channel));
      await (sharded ? redis.ssubscribe(...names) : redis.subscribe(...names));
      for (const channel of chunk) this.#inForce.add(channel);
    }
  }

  async #remove(channels: readonly string[]): Promise<void> {
    const { redis, sharded, names: wire } = this.#options;
    for (const chunk of chunksOf(channels, sharded ? 1 : chunkMax)) {
      for (const channel of chunk) this.#inForce.delete(channel);
      const names = chunk.map((channel) => wire.wireName(channel));
      await (sharded ? redis.sunsubscribe(...names) : redis.unsubscribe(...names));
    }
  }

  #deliver(wire: string, text: string): void {
    const message = readMessage(this.#options.names.channelOf(wire), text);
    if (message !== null) this.#options.deliver(message);
  }
}

/** Parses `<offset> <epoch> <text>`; without history the offset is 0, and the mark replaces the epoch. `null` for anything else. */
export function readMessage(channel: string, message: string): RedisMessage | null {
  const first = message.indexOf(" ");
  const second = message.indexOf(" ", first + 1);
  const offset = Number(message.slice(0, first));
  if (first < 1 || second < 0 || !Number.isSafeInteger(offset) || offset < 0) return null;
  const [name, text] = [message.slice(first + 1, second), message.slice(second + 1)];
  if (offset === 0) return { publication: { channel, text, position: null }, mark: name };
  return { publication: { channel, text, position: { epoch: name, offset } }, mark: null };
}

function* chunksOf(all: readonly string[], size: number): Generator<readonly string[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}
