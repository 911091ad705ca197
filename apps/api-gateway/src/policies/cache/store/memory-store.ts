import { urlOfKey } from "../cache-key.ts";
import { sizeOf, type StoredResponse, usefulUntil } from "../stored-response.ts";
import {
  isPurged,
  type PendingAnswer,
  type PurgeAddress,
  type ResponseStore,
  type SelectVariant,
  type StoredVariant,
  variantsMax,
} from "./response-store.ts";

export interface MemoryStoreOptions {
  readonly bytesMax: number;
  readonly entriesMax: number;
  readonly now: () => number;
  readonly onEvicted?: () => void;
}

interface Address {
  readonly names: readonly string[];
  readonly variants: Map<string, StoredResponse>;
}

interface Asked {
  readonly key: string;
  isOutdated: boolean;
}

/** In this process, with least-recently-used eviction by address. */
export class MemoryStore implements ResponseStore {
  readonly #options: MemoryStoreOptions;
  /** In order of last use: a map keeps insertion order. */
  readonly #addresses = new Map<string, Address>();
  readonly #pending = new Set<Asked>();
  #bytes = 0;
  #entries = 0;

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get entries(): number {
    return this.#entries;
  }

  get(key: string, select: SelectVariant): StoredResponse | null {
    const address = this.#addresses.get(key);
    if (address === undefined) return null;
    const variant = select(address.names);
    const stored = address.variants.get(variant);
    if (stored === undefined) return null;
    if (usefulUntil(stored) <= this.#options.now()) {
      this.#forget(key, address, variant);
      return null;
    }
    this.#addresses.delete(key);
    this.#addresses.set(key, address);
    return stored;
  }

  begin(key: string): PendingAnswer {
    const asked: Asked = { key, isOutdated: false };
    this.#pending.add(asked);
    return {
      store: (answer) => {
        if (!asked.isOutdated) this.#put(key, answer);
      },
      end: () => void this.#pending.delete(asked),
    };
  }

  #put(key: string, { names, variant, response }: StoredVariant): void {
    const size = sizeOf(response, key, variant);
    if (size > this.#options.bytesMax) return;
    const before = this.#addresses.get(key);
    const isSame = before !== undefined && before.names.join() === names.join();
    if (before !== undefined && !isSame) this.delete(key);
    const address = isSame ? before : { names, variants: new Map<string, StoredResponse>() };
    this.#forget(key, address, variant);
    address.variants.set(variant, response);
    this.#addresses.delete(key);
    this.#addresses.set(key, address);
    this.#bytes += size;
    this.#entries += 1;
    const [oldest] = address.variants.keys();
    if (address.variants.size > variantsMax && oldest !== undefined) this.#forget(key, address, oldest);
    this.#makeRoom();
  }

  delete(key: string): void {
    const address = this.#addresses.get(key);
    if (address === undefined) return;
    for (const variant of address.variants.keys()) this.#forget(key, address, variant);
  }

  invalidate(key: string): void {
    this.#outdate((asked) => asked === key);
    this.delete(key);
  }

  purge(address: PurgeAddress): number {
    const isMeant = (key: string): boolean => isPurged(urlOfKey(key), address);
    this.#outdate(isMeant);
    const keys = [...this.#addresses.keys()].filter(isMeant);
    for (const key of keys) this.delete(key);
    return keys.length;
  }

  close(): void {
    this.#addresses.clear();
    this.#bytes = 0;
    this.#entries = 0;
  }

  #outdate(isMeant: (key: string) => boolean): void {
    for (const asked of this.#pending) if (isMeant(asked.key)) asked.isOutdated = true;
  }

  #makeRoom(): void {
    const { bytesMax, entriesMax, onEvicted } = this.#options;
    while (this.#bytes > bytesMax || this.#entries > entriesMax) {
      const [oldest] = this.#addresses;
      if (oldest === undefined) return;
      const [key, address] = oldest;
      const [first] = address.variants.keys();
      if (first === undefined) return;
      this.#forget(key, address, first);
      onEvicted?.();
    }
  }

  #forget(key: string, address: Address, variant: string): void {
    const stored = address.variants.get(variant);
    if (stored === undefined) return;
    address.variants.delete(variant);
    this.#bytes -= sizeOf(stored, key, variant);
    this.#entries -= 1;
    if (address.variants.size === 0) this.#addresses.delete(key);
  }
}
