import { describe, expect, test } from "bun:test";
import { array, assert, constantFrom, property } from "fast-check";
import { normalizePath } from "./normalize-path.ts";

describe("one spelling a path", () => {
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

describe("refused, because the next parser could read it otherwise", () => {
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
  test("a path of more than 8,192 characters, as uri_too_long", () => {
    expect(() => normalizePath(`/${"a".repeat(9000)}`)).toThrow(
      expect.objectContaining({ code: "uri_too_long" }),
    );
  });
});

test("a normalised path is its own normal form, whatever it was made from", () => {
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
