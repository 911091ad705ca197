import type { Metrics } from "@libs/monitoring";
import type { Logger } from "@libs/monitoring";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import { urlOfKey } from "./cache-key.ts";
import { MemoryStore } from "./store/memory-store.ts";
import {
  isPurged,
  type PendingAnswer,
  type PurgeAddress,
  type ResponseStore,
  type SelectVariant,
  type StoredVariant,
} from "./store/response-store.ts";
import type { StoredResponse } from "./stored-response.ts";
import { Uncacheable } from "./uncacheable.ts";

/**
 * `abandoned`: the client of the request left before there was an answer; `failed`: the service failed, and a stored answer was given in
 * its place.
 */
export type FlightEnd = "answered" | "abandoned" | "failed";

interface Flight {
  /** The address of its answer. */
  readonly key: string;
  readonly end: Promise<FlightEnd>;
}

export interface ResponseCacheOptions {
  readonly name: string;
  readonly store: ResponseStore;
  /** Longest wait for a remote store. */
  readonly storeTimeoutMs: number;
  readonly now: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * A cache shared by the routes that name it: the store, the requests in flight that others wait for, and the addresses whose answers
 * cannot be stored. A failing store counts as empty: it is counted, logged, and the service is asked.
 */
export class ResponseCache {
  readonly name: string;
  readonly #options: ResponseCacheOptions;
  readonly #flights = new Map<string, Flight>();
  readonly #uncacheable: Uncacheable;
  readonly #failures;
  /** Whether the store failed the last time. */
  #isFailing = false;

  constructor(options: ResponseCacheOptions) {
    this.name = options.name;
    this.#options = options;
    this.#uncacheable = new Uncacheable(options.now);
    this.#failures = options.metrics
      .counter({
        name: "cartway_cache_store_failures_total",
        help: "Times that the store of a cache did not answer, and the service was asked instead.",
        labels: ["cache"],
      })
      .with({ cache: options.name });
  }

  /** Its memory in this process. */
  get size(): { readonly bytes: number; readonly entries: number } {
    const { store } = this.#options;
    return store instanceof MemoryStore
      ? { bytes: store.bytes, entries: store.entries }
      : { bytes: 0, entries: 0 };
  }

  get(key: string, select: SelectVariant): MaybePromise<StoredResponse | null> {
    const found = this.#options.store.get(key, select);
    return found instanceof Promise ? this.#orElse(found, null) : found;
  }

  /** MUST be called before the service is asked. `null` for an answer that cannot be stored, because the store fails. */
  begin(key: string): MaybePromise<PendingAnswer | null> {
    if (this.#isFailing) return null;
    const pending = this.#options.store.begin(key);
    return pending instanceof Promise ? this.#orElse<PendingAnswer | null>(pending, null) : pending;
  }

  async put(pending: PendingAnswer | null, stored: StoredVariant): Promise<void> {
    if (pending !== null) await this.#orElse(Promise.resolve(pending.store(stored)), undefined);
  }

  /** What is under way for the address is not stored, and nobody joins it any more: it may be from before the change. */
  async invalidate(key: string): Promise<void> {
    this.#stopJoining((of) => of === key);
    await this.#orElse(Promise.resolve(this.#options.store.invalidate(key)), undefined);
  }

  async delete(key: string): Promise<void> {
    await this.#orElse(Promise.resolve(this.#options.store.delete(key)), undefined);
  }

  /** Rejects where the store fails, unlike all other operations: whoever purges must know. */
  purge(address: PurgeAddress): MaybePromise<number> {
    this.#stopJoining((key) => isPurged(urlOfKey(key), address));
    return this.#options.store.purge(address);
  }

  close(): MaybePromise<void> {
    return this.#options.store.close();
  }

  /** Resolves when the request that fetches this has an answer, stored or not. Absent where others could not get it: the store fails. */
  flightOf(flight: string): Promise<FlightEnd> | undefined {
    return this.#isFailing ? undefined : this.#flights.get(flight)?.end;
  }

  /** Makes other requests for the same answer wait. @returns a function that ends the wait */
  startFlight(flight: string, key: string): (end: FlightEnd) => void {
    const { promise: end, resolve } = Promise.withResolvers<FlightEnd>();
    const own: Flight = { key, end };
    this.#flights.set(flight, own);
    return (how) => {
      if (this.#flights.get(flight) === own) this.#flights.delete(flight);
      resolve(how);
    };
  }

  #stopJoining(isMeant: (key: string) => boolean): void {
    for (const [flight, { key }] of this.#flights) if (isMeant(key)) this.#flights.delete(flight);
  }

  /** Requests of the address do not wait for each other for a while. */
  noteUncacheable(key: string): void {
    this.#uncacheable.note(key);
  }

  isUncacheable(key: string): boolean {
    return this.#uncacheable.has(key);
  }

  async #orElse<T>(work: Promise<T>, otherwise: T): Promise<T> {
    const { storeTimeoutMs, logger, name } = this.#options;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error("the store took too long")), storeTimeoutMs);
    try {
      const result = await Promise.race([work, late.promise]);
      this.#isFailing = false;
      return result;
    } catch (thrown) {
      this.#isFailing = true;
      this.#failures.inc();
      logger.warn({ err: thrown, cache: name }, "a cache's store does not respond");
      return otherwise;
    } finally {
      clearTimeout(timer);
    }
  }
}
