import { describe, expect, test } from "bun:test";
import { HeaderList } from "../model/http/header-list.ts";
import { headersOf } from "./answer-headers.ts";
import { compilePartPath } from "./part-path.ts";
import { compilePick } from "./pick-fields.ts";

describe("the path of a part", () => {
  const ask = (template: string, params: Record<string, string>, query = "") =>
    compilePartPath(template)(params, new URLSearchParams(query));

  test("encodes each value: none can add a segment, a parameter or a fragment", () => {
    expect(ask("/items/{id}/x", { id: "../a/b?c#d" })).toBe("/items/..%2Fa%2Fb%3Fc%23d/x");
    expect(ask("/items/{id}", { id: ".." })).toBe("/items/%2E%2E");
    expect(ask("/r?item={id}&p={query.p}", { id: "a&b=c" }, "p=1%26x%3D2")).toBe(
      "/r?item=a%26b%3Dc&p=1%26x%3D2",
    );
  });

  test("omits parameters that the request does not have, and keeps literal text unchanged", () => {
    expect(ask("/r?item={id}&page={query.page}&all", { id: "7" })).toBe("/r?item=7&all");
    expect(ask("/r?page={query.page}", {})).toBe("/r");
    expect(ask("/r?page={query.page}", {}, "page=")).toBe("/r?page=");
  });
});

describe("the selected fields of a part", () => {
  test("have their new names, omit what is absent, and ignore inherited properties", () => {
    const pick = compilePick({
      title: "/name",
      first: "/prices/0/minor",
      odd: "/a~1b",
      none: "/x/y",
      own: "/toString",
    });
    const value: unknown = JSON.parse(
      '{ "name": "Cup", "prices": [{ "minor": 5 }], "a/b": null, "__proto__": { "x": { "y": 1 } } }',
    );
    expect(pick(value)).toEqual({ title: "Cup", first: 5, odd: null });
    expect(pick("text")).toEqual({});
  });
});

describe("the aggregate response", () => {
  const said = (...parts: readonly Record<string, string>[]) =>
    headersOf(
      parts.map((fields) => new HeaderList(Object.entries(fields).flat())),
      [],
    ).get("cache-control");

  test.each([
    [
      "as the shortest of its parts",
      [{ "cache-control": "max-age=60" }, { "cache-control": "max-age=5" }],
      "max-age=5",
    ],
    ["less what it is old already", [{ "cache-control": "max-age=60", age: "20" }], "max-age=40"],
    [
      "in a shared cache for as long as its parts are there, and for its client no longer than for its client",
      [{ "cache-control": "s-maxage=60, max-age=1", age: "20" }, { "cache-control": "public, max-age=30" }],
      "public, max-age=0, s-maxage=30, must-revalidate",
    ],
    [
      "nowhere longer than anywhere where one part does not let others have it",
      [{ "cache-control": "s-maxage=60, max-age=20" }, { "cache-control": "max-age=30" }],
      "max-age=20, proxy-revalidate",
    ],
    [
      "never beyond that where a part must be asked about again",
      [{ "cache-control": "must-revalidate, max-age=9" }, { "cache-control": "max-age=5" }],
      "max-age=5, proxy-revalidate",
    ],
    [
      "for anybody where every part is",
      [{ "cache-control": "public, max-age=9" }, { "cache-control": "public, max-age=5" }],
      "public, max-age=5",
    ],
    [
      "as its parts say to caches of this kind alone",
      [{ "cache-control": "public, max-age=9", "cdn-cache-control": "max-age=60" }],
      "public, max-age=9, s-maxage=60",
    ],
    ["as caches read it, be it quoted", [{ "cache-control": 'Max-Age="7"' }], "max-age=7"],
    ["not at all where it is no number", [{ "cache-control": "max-age=x" }], "no-cache"],
    ["not at all with a part that is stale", [{ "cache-control": "max-age=5", age: "6" }], "no-cache"],
    ["not at all with a part that does not say", [{ "cache-control": "max-age=5" }, {}], "no-cache"],
    [
      "not at all with a part that has to be asked again",
      [{ "cache-control": "no-cache, max-age=5" }],
      "no-cache",
    ],
    ["by what is said of its own where no part says anything", [{}, {}], null],
  ])("is cacheable %s", (_what, parts, expected) => {
    expect(said(...parts)).toBe(expected);
  });

  test("is private or uncacheable if one part is", () => {
    expect(said({ "cache-control": "private, max-age=9" }, { "cache-control": "max-age=5" })).toBe("private");
    expect(said({ "cache-control": "Private" }, { "cache-control": "no-store" })).toBe("no-store");
    expect(said({ "cache-control": "max-age=9", "cdn-cache-control": "no-store" })).toBe("no-store");
  });

  test("varies by what its parts vary by", () => {
    const parts = ["Accept-Language, Accept-Encoding", "accept-language, X-Shop"].map(
      (vary) => new HeaderList(["vary", vary]),
    );
    expect(headersOf(parts, []).get("vary")).toBe("accept-language, x-shop");
  });
});
