import { afterEach, describe, expect, test } from "bun:test";
import type { StoredResponse } from "../stored-response.ts";
import { type ResponseStore, type StoredVariant, variantsMax } from "./response-store.ts";

export interface StoreUnderTest {
  readonly store: ResponseStore;
  /** The same store as another instance sees it; absent where there is one instance. */
  readonly elsewhere?: ResponseStore;
  /** Moves the store's clock on. */
  readonly advance: (ms: number) => void;
  readonly now: () => number;
}

/** What every response store guarantees. */
export function describeResponseStore(
  name: string,
  start: () => Promise<StoreUnderTest> | StoreUnderTest,
): void {
  describe(name, () => {
    let under: StoreUnderTest | null = null;
    const open = async (): Promise<StoreUnderTest> => {
      under = await start();
      return under;
    };
    afterEach(async () => {
      await under?.store.purge({ prefix: "" });
      await under?.store.close();
    });
    const byAccept =
      (value: string) =>
      (names: readonly string[]): string =>
        `${names.join()} ${value}`;

    test("returns a response completely: status, headers in order with duplicates, bytes", async () => {
      const { store, now } = await open();
      const whole = {
        ...answer(now(), "\u0000ÿ"),
        headers: ["a", "1", "B", "ü", "a", "2"],
        status: 404,
        etag: '"x"',
      };
      await put(store, " http://a/", { names: [], variant: "", response: whole });
      const got = await store.get(" http://a/", () => "");
      expect(got === null ? null : { ...got, body: Buffer.from(got.body).toString() }).toEqual({
        ...whole,
        body: "\u0000ÿ",
      } as never);
    });

    test("returns nothing that was not stored, nor another URL's or tenant's", async () => {
      const { store, now } = await open();
      await put(store, "t1 http://a/", { names: [], variant: "", response: answer(now(), "one") });
      expect(await store.get("t2 http://a/", () => "")).toBeNull();
      expect(await store.get("t1 http://a/x", () => "")).toBeNull();
    });

    test("separates variants, selected by the header names they were stored with", async () => {
      const { store, now } = await open();
      await put(store, " http://a/", {
        names: ["accept"],
        variant: "accept json",
        response: answer(now(), "json"),
      });
      await put(store, " http://a/", {
        names: ["accept"],
        variant: "accept html",
        response: answer(now(), "html"),
      });
      expect(textOf(await store.get(" http://a/", byAccept("json")))).toBe("json");
      expect(textOf(await store.get(" http://a/", byAccept("html")))).toBe("html");
      expect(await store.get(" http://a/", byAccept("xml"))).toBeNull();
    });

    test("replaces a variant, and drops all of them if their header names change", async () => {
      const { store, now } = await open();
      await put(store, " http://a/", {
        names: ["accept"],
        variant: "accept json",
        response: answer(now(), "old"),
      });
      await put(store, " http://a/", {
        names: ["accept"],
        variant: "accept json",
        response: answer(now(), "new"),
      });
      expect(textOf(await store.get(" http://a/", byAccept("json")))).toBe("new");
      await put(store, " http://a/", {
        names: ["cookie"],
        variant: "cookie 1",
        response: answer(now(), "other"),
      });
      expect(await store.get(" http://a/", byAccept("json"))).toBeNull();
      expect(textOf(await store.get(" http://a/", () => "cookie 1"))).toBe("other");
    });

    test("keeps a response for its useful life, and no longer", async () => {
      const { store, now, advance } = await open();
      const whole = {
        ...answer(now(), "x"),
        freshMs: 1000,
        staleIfErrorMs: 500,
        staleWhileRevalidateMs: 200,
      };
      await put(store, " http://a/", { names: [], variant: "", response: whole });
      advance(1499);
      expect(textOf(await store.get(" http://a/", () => ""))).toBe("x");
      advance(1);
      expect(await store.get(" http://a/", () => "")).toBeNull();
    });

    test("deletes all variants of a URL", async () => {
      const { store, now } = await open();
      await put(store, " http://a/", {
        names: ["accept"],
        variant: "accept json",
        response: answer(now(), "x"),
      });
      await store.delete(" http://a/");
      await store.delete(" http://b/");
      expect(await store.get(" http://a/", byAccept("json"))).toBeNull();
    });

    test("purges by URL and by prefix, for every tenant, and reports the count", async () => {
      const { store, now } = await open();
      const urls = ["http://a/x", "http://a/x?q=1", "http://a/y", "http://a/[z]*", "http://b/x"];
      for (const url of urls)
        await put(store, ` ${url}`, { names: [], variant: "", response: answer(now(), url) });
      await put(store, "t1 http://a/x", { names: [], variant: "", response: answer(now(), "tenant") });
      expect(await store.purge({ url: "http://a/x" })).toBe(2);
      expect(await store.get("t1 http://a/x", () => "")).toBeNull();
      expect(textOf(await store.get(" http://a/x?q=1", () => ""))).toBe("http://a/x?q=1");
      expect(await store.purge({ prefix: "http://a/[z]*" })).toBe(1);
      expect(await store.purge({ prefix: "http://a/" })).toBe(2);
      expect(textOf(await store.get(" http://b/x", () => ""))).toBe("http://b/x");
    });

    const plain = (text: string, at: number): StoredVariant => ({
      names: [],
      variant: "",
      response: answer(at, text),
    });
    const changes: [name: string, change: (store: ResponseStore) => unknown][] = [
      ["a change", (store) => store.invalidate("t1 http://a/x")],
      ["a purge of its URL", (store) => store.purge({ url: "http://a/x" })],
      ["a purge of a prefix", (store) => store.purge({ prefix: "http://a/" })],
    ];
    test.each(changes)(
      "does not store what was asked for before %s, here or elsewhere",
      async (_name, change) => {
        const { store, elsewhere = store, now } = await open();
        for (const where of [store, elsewhere]) {
          await put(store, "t1 http://a/x", plain("old", now()));
          const pending = await store.begin("t1 http://a/x");
          await change(where);
          await pending.store(plain("old", now()));
          pending.end();
          expect(await store.get("t1 http://a/x", () => "")).toBeNull();
        }
        await put(store, "t1 http://a/x", plain("new", now()));
        expect(textOf(await elsewhere.get("t1 http://a/x", () => ""))).toBe("new");
      },
    );

    test("stores what was asked for before another address was changed", async () => {
      const { store, elsewhere = store, now } = await open();
      const pending = await store.begin(" http://a/x");
      await elsewhere.invalidate(" http://a/y");
      await elsewhere.invalidate("t1 http://a/x");
      await pending.store(plain("current", now()));
      pending.end();
      expect(textOf(await store.get(" http://a/x", () => ""))).toBe("current");
    });

    test("bounds the variants of one URL", async () => {
      const { store, now } = await open();
      const count = variantsMax * 3;
      for (let number = 0; number < count; number += 1)
        await put(store, " http://a/", {
          names: ["accept"],
          variant: `accept ${number}`,
          response: answer(now(), String(number)),
        });
      let found = 0;
      for (let number = 0; number < count; number += 1)
        if ((await store.get(" http://a/", byAccept(String(number)))) !== null) found += 1;
      expect(found).toBeGreaterThan(0);
      expect(found).toBeLessThanOrEqual(variantsMax);
      expect(textOf(await store.get(" http://a/", byAccept(String(count - 1))))).toBe(String(count - 1));
    });
  });
}

/** Stores an answer that nothing has outdated. */
export async function put(store: ResponseStore, key: string, stored: StoredVariant): Promise<void> {
  const pending = await store.begin(key);
  await pending.store(stored);
  pending.end();
}

export function answer(receivedAt: number, text: string): StoredResponse {
  return {
    status: 200,
    headers: ["content-type", "text/plain"],
    body: Buffer.from(text),
    receivedAt,
    initialAgeMs: 0,
    freshMs: 60_000,
    staleWhileRevalidateMs: 0,
    staleIfErrorMs: 0,
    noCache: false,
    mustRevalidate: false,
    etag: null,
    lastModified: null,
  };
}

function textOf(stored: StoredResponse | null): string | null {
  return stored === null ? null : Buffer.from(stored.body).toString();
}
