import { describe, expect, test } from "bun:test";
import { array, assert, constantFrom, property } from "fast-check";
import { normalizePath } from "./normalize-path.ts";

describe("equivalent paths have one normal form", () => {
  const cases: [string, string][] = [
    ["/", "/"],
    ["/api/events", "/api/events"],
    ["/api/events/", "/api/events/"],
    ["//api///events", "/api/events"],
    ["/api/./events", "/api/events"],
    ["/api/x/../events", "/api/events"],
    ["/api/%2e%2e/events", "/events"],
    ["/api/x/..", "/api/"],
    ["/%61pi", "/api"],
    ["/a%2fb", "/a%2Fb"],
    ["/a%2Fb/..", "/"],
    ["/caf%c3%a9", "/caf%C3%A9"],
    ["/...", "/..."],
    ["/.well-known/jwks.json", "/.well-known/jwks.json"],
    ["/a;b=1,c@d:e", "/a;b=1,c@d:e"],
  ];
  for (const [from, to] of cases) {
    test(`${from} is ${to}`, () => expect(normalizePath(from)).toBe(to));
  }
});

describe("paths are refused if another parser could read them differently", () => {
  const cases = [
    "/a%00b",
    "/a%0d%0ab",
    "/a\\b",
    "/a%5cb",
    "/a%",
    "/a%2",
    "/a%zz",
    "/a b",
    "/é",
    "/a%EF%BF%BDb",
    "/..",
    "/a/../..",
    "/a\u0000",
  ];
  for (const path of cases) {
    test(JSON.stringify(path), () => {
      expect(() => normalizePath(path)).toThrow(expect.objectContaining({ code: "invalid_path" }));
    });
  }
  test("with more than 8,192 characters, as uri_too_long", () => {
    expect(() => normalizePath(`/${"a".repeat(9000)}`)).toThrow(
      expect.objectContaining({ code: "uri_too_long" }),
    );
  });
});

test("normalising is idempotent for any path", () => {
  const piece = constantFrom("a", "..", ".", "%2e", "%2F", "%41", "%C3%A9", "", "b.c", "%7e", "...");
  assert(
    property(array(piece, { maxLength: 8 }), (pieces) => {
      const path = `/${pieces.join("/")}`;
      let once: string;
      try {
        once = normalizePath(path);
      } catch {
        return;
      }
      expect(normalizePath(once)).toBe(once);
      expect(once).not.toMatch(/\/\.{1,2}(\/|$)|\/\//);
    }),
  );
});

describe("rules for ambiguous paths", () => {
  const decode = { encodedSlashes: "decode", pathParameters: "keep" } as const;
  const reject = { encodedSlashes: "reject", pathParameters: "reject" } as const;

  test.each([
    ["/a%2Fb", "/a/b"],
    ["/a%2f%2Fb%2f", "/a/b/"],
    ["/a%2f..%2fadmin", "/admin"],
    ["/a%252Fb", "/a%252Fb"],
    ["/a;x=1/b", "/a;x=1/b"],
  ])("%s is %s if escaped slashes are decoded", (from, to) => expect(normalizePath(from, decode)).toBe(to));

  test("decoded slashes cannot escape the root", () =>
    expect(() => normalizePath("/a%2f..%2f..%2fadmin", decode)).toThrow());

  test.each(["/a%2Fb", "/a%2fb", "/a;x=1", "/a/..;/admin", "/a%3bx", "/a%3Bx"])(
    "%s is refused if ambiguous paths are rejected",
    (path) => expect(() => normalizePath(path, reject)).toThrow(),
  );

  test("unambiguous paths are the same under every rule", () => {
    for (const rules of [decode, reject]) expect(normalizePath("/a%20b/c%252F", rules)).toBe("/a%20b/c%252F");
  });
});
