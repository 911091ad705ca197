import type { LocalListeners } from "../broker/local-listeners.ts";
import type { Publication } from "../broker/broker.ts";
import type { RedisConnection } from "./lua-script.ts";

/** Channels in one SUBSCRIBE. */
const chunkMax = 500;

export interface RedisSubscriptionsOptions {
  readonly redis: RedisConnection;
  readonly sharded: boolean;
  readonly listeners: LocalListeners;
  readonly wireName: (channel: string) => string;
}

/**
 * Keeps the server's subscriptions equal to the channels that have a listener here, and to no others: what other instances
 * hold costs this one nothing. Changes of one turn of the loop go out as one command.
 */
export class RedisSubscriptions {
  readonly #options: RedisSubscriptionsOptions;
  readonly #changed = new Set<string>();
  /** In force on the present connection. */
  readonly #inForce = new Set<string>();
  #flushing: Promise<void> | null = null;

  constructor(options: RedisSubscriptionsOptions) {
    this.#options = options;
    const deliver = (wire: string, message: string): void => this.#deliver(wire, message);
    options.redis.on(options.sharded ? "smessage" : "message", deliver);
  }

  /** Resolves when the server knows of the channel's present need. Rejects where it is unreachable. */
  update(channel: string): Promise<void> {
    this.#changed.add(channel);
    this.#flushing ??= Promise.resolve().then(() => this.#flush());
    return this.#flushing;
  }

  /** After a new connection: everything that has a listener, once more. */
  restore(): Promise<void> {
    this.#inForce.clear();
    for (const channel of this.#options.listeners.channels()) this.#changed.add(channel);
    this.#flushing ??= Promise.resolve().then(() => this.#flush());
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    try {
      while (this.#changed.size > 0) {
        const channels = [...this.#changed];
        this.#changed.clear();
        const wanted = channels.filter((channel) => this.#options.listeners.has(channel));
        const unwanted = channels.filter((channel) => !this.#options.listeners.has(channel));
        await this.#add(wanted.filter((channel) => !this.#inForce.has(channel)));
        await this.#remove(unwanted.filter((channel) => this.#inForce.has(channel)));
      }
    } finally {
      this.#flushing = null;
    }
  }

  async #add(channels: readonly string[]): Promise<void> {
    const { redis, sharded, wireName } = this.#options;
    for (const chunk of chunksOf(channels, sharded ? 1 : chunkMax)) {
      const names = chunk.map(wireName);
      await (sharded ? redis.ssubscribe(...names) : redis.subscribe(...names));
      for (const channel of chunk) this.#inForce.add(channel);
    }
  }

  async #remove(channels: readonly string[]): Promise<void> {
    const { redis, sharded, wireName } = this.#options;
    for (const chunk of chunksOf(channels, sharded ? 1 : chunkMax)) {
      for (const channel of chunk) this.#inForce.delete(channel);
      const names = chunk.map(wireName);
      await (sharded ? redis.sunsubscribe(...names) : redis.unsubscribe(...names));
    }
  }

  #deliver(wire: string, message: string): void {
    const publication = readMessage(wire.slice(wire.indexOf("{") + 1, -1), message);
    if (publication !== null) this.#options.listeners.deliver(publication);
  }
}

/** `<offset> <epoch> <text>`; offset 0 for a channel without history. `null` for what is not of our making. */
export function readMessage(channel: string, message: string): Publication | null {
  const first = message.indexOf(" ");
  const second = message.indexOf(" ", first + 1);
  const offset = Number(message.slice(0, first));
  if (first < 1 || second < 0 || !Number.isSafeInteger(offset) || offset < 0) return null;
  const position = offset === 0 ? null : { epoch: message.slice(first + 1, second), offset };
  return { channel, text: message.slice(second + 1), position };
}

function* chunksOf(all: readonly string[], size: number): Generator<readonly string[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}
