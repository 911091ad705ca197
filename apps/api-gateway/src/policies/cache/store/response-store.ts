import type { MaybePromise } from "../../../model/maybe-promise.ts";
import type { StoredResponse } from "../stored-response.ts";

/** Gives the name of the variant that a request wants, from the header names by which the address's answers differ. */
export type SelectVariant = (names: readonly string[]) => string;

/** Which addresses to purge, for every tenant: one URL, or all with a prefix. */
export type PurgeAddress = { readonly url: string } | { readonly prefix: string };

/** An answer to be stored, as one of the variants of its address. */
export interface StoredVariant {
  /** Header names by which this address's answers differ, lower case and sorted. If they change, all other variants are dropped. */
  readonly names: readonly string[];
  readonly variant: string;
  readonly response: StoredResponse;
}

/** An answer that the service is being asked for. */
export interface PendingAnswer {
  /** Stores it, unless its address was invalidated or purged since it began: it may be older than that. */
  store(answer: StoredVariant): MaybePromise<void>;
  /** It will not be stored any more. */
  end(): void;
}

/**
 * Stores answers by address and variant. It MAY drop answers at any time; it MUST NOT return an answer for another address or variant
 * than it was stored under.
 */
export interface ResponseStore {
  get(key: string, select: SelectVariant): MaybePromise<StoredResponse | null>;
  /** MUST be called before the service is asked, and ended. */
  begin(key: string): MaybePromise<PendingAnswer>;
  /** Every variant of the address. */
  delete(key: string): MaybePromise<void>;
  /** Deletes it, and keeps out what any instance has begun to ask for. */
  invalidate(key: string): MaybePromise<void>;
  /** Invalidates all these addresses. @returns how many were stored. */
  purge(address: PurgeAddress): MaybePromise<number>;
  close(): MaybePromise<void>;
}

/** Variants per address; the oldest is dropped when there are more. */
export const variantsMax = 256;

export function isPurged(url: string, address: PurgeAddress): boolean {
  return "url" in address ? url === address.url : url.startsWith(address.prefix);
}
