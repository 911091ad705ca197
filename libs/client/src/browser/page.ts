/**
 * What the client needs of a browser, spelled out: the same source runs in Bun and Node, whose types know nothing of it, and
 * asks nobody who imports it to take the whole DOM in.
 */
export interface Page {
  readonly navigator: { readonly onLine: boolean; sendBeacon(url: string, body: Blob): boolean };
  readonly document: PageEvents & { readonly visibilityState: string };
  readonly location: { readonly href: string };
  readonly localStorage: KeptTexts;
  readonly indexedDB: Databases;
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

export interface KeptTexts {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

interface PageEvents {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** The part of IndexedDB (https://www.w3.org/TR/IndexedDB) that a queue takes. */
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

/** `undefined` outside of a page. */
export function thisPage(): Page | undefined {
  // a property that the types of Bun and Node do not know
  const page: unknown = Reflect.get(globalThis, "window");
  return typeof page === "object" && page !== null && "document" in page
    ? (page as unknown as Page)
    : undefined;
}
