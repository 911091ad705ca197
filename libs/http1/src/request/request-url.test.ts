import { describe, expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { normalTarget, originOf } from "./request-url.ts";

const urlOf = (host: string, target: string): string => originOf(host).url + normalTarget(target);

const piece = oneof(
  constantFrom(
    "/",
    ".",
    "..",
    "%2e",
    "%2E%2e",
    "%2f",
    "?",
    "a",
    "%",
    "%zz",
    "\"<>{}|^`[]'",
    "\\",
    "é",
    "%c3%a9",
    ":",
    "@",
  ),
  string({ maxLength: 4 }),
);

describe("the URL of a request", () => {
  test("is parsed as by the URL Standard, whatever its target", () => {
    const targets = array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join("")}`);
    assert(
      property(targets, (target) => {
        // oxlint-disable-next-line no-control-regex
        if (/[\0- \x7f#]|^[^?]*\\/.test(target)) return;
        const bytes = Buffer.from(target).toString("latin1");
        expect(urlOf("Shop.test:80", bytes)).toBe(new URL(`http://shop.test${target}`).href);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ["shop.test", "http://shop.test/"],
    ["Shop.TEST:3000", "http://shop.test:3000/"],
    ["shop.test:80", "http://shop.test/"],
    ["[::1]:8080", "http://[::1]:8080/"],
    ["a_b", "http://a_b/"],
  ])("has the host %s in its normal form", (host, url) => {
    expect(urlOf(host, "/")).toBe(url);
    expect(urlOf(host, "/")).toBe(url);
  });

  test("keeps a backslash in its query, as browsers send it", () => {
    expect(urlOf("a", "/files?path=C:\\new&x=/../y")).toBe("http://a/files?path=C:\\new&x=/../y");
  });

  const refused: readonly (readonly [host: string, target: string, code: string])[] = [
    ["", "/", "invalid_host"],
    ["a b", "/", "invalid_host"],
    ["user@a", "/", "invalid_host"],
    ["a/b", "/", "invalid_host"],
    ["a, b", "/", "invalid_host"],
    ["a:99999", "/", "invalid_host"],
    ["[::g]", "/", "invalid_host"],
    ["a", "/x#y", "invalid_path"],
    ["a", "/x\\y", "invalid_path"],
    ["a", "/x\0", "invalid_path"],
    ["a", "/\xff", "invalid_path"],
  ];
  test.each(refused)("is refused for the host %p and the target %p", (host, target, code) => {
    try {
      urlOf(host, target);
      expect.unreachable();
    } catch (thrown) {
      expect(thrown instanceof CartwayError ? thrown.code : thrown).toBe(code as never);
    }
  });
});
