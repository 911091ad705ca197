/**
 * The browser APIs that the client uses, declared here: the same source runs in Bun and Node, whose types lack them, and importing the
 * client does not require the DOM types.
 */
export interface Page extends PageEvents {
  readonly navigator: { readonly onLine: boolean; sendBeacon(url: string, body: Blob): boolean };
  readonly document: PageEvents & { readonly visibilityState: string };
  readonly location: { readonly href: string };
  readonly localStorage: KeptTexts;
  readonly indexedDB: Databases;
}

export interface KeptTexts {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

interface PageEvents {
  addEventListener(type: string, listener: () => void, until?: { readonly signal: AbortSignal }): void;
}

/** The part of IndexedDB (https://www.w3.org/TR/IndexedDB) that the queue uses. */
export interface Databases {
  open(name: string, version: number): DatabaseRequest<Database>;
}

export interface Database extends PageEvents {
  createObjectStore(name: string, options: { readonly keyPath: string }): unknown;
  transaction(store: string, mode: "readonly" | "readwrite"): Transaction;
}

export interface Transaction extends PageEvents {
  readonly error: Error | null;
  objectStore(name: string): ObjectStore;
}

export interface ObjectStore {
  getAll(): DatabaseRequest<unknown[]>;
  put(value: unknown): DatabaseRequest<unknown>;
  delete(key: string): DatabaseRequest<unknown>;
}

export interface DatabaseRequest<T> extends PageEvents {
  readonly result: T;
  readonly error: Error | null;
}

/** `undefined` outside a page. */
export function thisPage(): Page | undefined {
  // missing from the types of Bun and Node; others may define a `window` that is no page
  const page = Reflect.get(globalThis, "window") as Page | undefined;
  return page?.document && page;
}
