import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory } from "@libs/testing";
import { compilePage, unknownPlaceholders } from "./page-template.ts";
import { checkErrorPages, ErrorPages } from "./pages.ts";
import { prefersHtml } from "./prefers-html.ts";

describe("HTML is sent to clients that prefer it to JSON", () => {
  test.each([
    ["text/html,application/xhtml+xml,*/*;q=0.8", true],
    ["text/html", true],
    ["text/*;q=0.5, application/json;q=0.4", true],
    ["TEXT/HTML; charset=utf-8; q=0.3, */*;q=0.1", true],
    ["application/json, text/html;q=0.9", false],
    ["text/html, application/json", false],
    ["text/html;q=0", false],
    ["text/html;q=nonsense", false],
    ["text/plain", false],
    ["*/*", false],
    ["", false],
    [null, false],
  ])("%p: %p", (accept, expected) => {
    expect(prefersHtml(accept)).toBe(expected);
  });
});

test("error texts are escaped in a page", () => {
  const write = compilePage(
    `<p title="{error.message}">{error.code} {error.status}</p>{other} {error.requestId}`,
  );
  expect(write({ status: 404, code: "not_found", message: `"><script>'&`, requestId: "{error.code}" })).toBe(
    `<p title="&quot;&gt;&lt;script&gt;&#39;&amp;">not_found 404</p>{other} {error.code}`,
  );
  expect(unknownPlaceholders("{error.code} {error.stack} {error.} body{color:red}")).toEqual(["stack", ""]);
});

test("a file that is too large is refused", async () => {
  await using directory = await createTemporaryDirectory();
  const file = join(directory.path, "large.html");
  await Bun.write(file, "x".repeat(262_145));
  const config = { html: { any: { file } }, serviceErrors: false };
  const message = `the file ${file} is larger than 262144 bytes`;
  expect(checkErrorPages(config, { readsFiles: true })).toEqual([{ path: "/html/any", message }]);
  expect(() => new ErrorPages(config)).toThrow(message);
});
