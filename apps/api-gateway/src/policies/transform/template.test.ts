import { expect, test } from "bun:test";
import type { Exchange } from "../../model/exchange/exchange.ts";
import { compileTemplate, compileValue } from "./template.ts";

/** As much of an exchange as a template sees. */
function written(text: string, claims: object, path = "/"): string {
  const exchange = { params: {}, principal: { claims }, target: { path } };
  return compileTemplate(text)(exchange as unknown as Exchange);
}

test("what a header cannot hold is escaped, so that no claim is written as somebody else's", () => {
  const name = (value: unknown) => written("{claim.name}", { name: value });
  expect(name("admin")).toBe("admin");
  expect(name("ad\u200bmin")).toBe("ad%E2%80%8Bmin");
  expect(name("admin\r\nx-role: root\0")).toBe("admin%0D%0Ax-role: root%00");
  expect(name("\u0141ukasz")).toBe("%C5%81ukasz");
  expect(name("%C5%81ukasz")).toBe("%25C5%2581ukasz");
  expect(name("a\ud800")).toBe("a%EF%BF%BD");
  expect(name("Jos\u00e9, 10% off")).toBe("Jos\u00e9, 10% off");
  expect(name(["a", 1])).toBe('["a",1]');
  expect(name(null)).toBe("");
});

test("a claim is named literally, or by JSON Pointer", () => {
  const claims = { "cognito:groups": ["a"], realm: { org: "acme" }, "https://shop.example/plan": "gold" };
  expect(written("{claim.cognito:groups}", claims)).toBe('["a"]');
  expect(written("of {claim./realm/org}", claims)).toBe("of acme");
  expect(written("{claim.https://shop.example/plan}", claims)).toBe("gold");
  expect(written("{claim.constructor}{claim./realm/none}", claims)).toBe("");
  const exchange = { principal: { claims } } as unknown as Exchange;
  expect(compileValue({ groups: "{claim.cognito:groups}" })(exchange)).toEqual({ groups: ["a"] });
});

test("what is the client's own stays as it was sent", () => {
  expect(written("{request.path}", {}, "/a%20b")).toBe("/a%20b");
});

test("what is in braces and is no placeholder stays as it is, in headers and in JSON", () => {
  for (const text of ["{path.id}", "a{b.c}d", "{x.y}{request.path}{x.y}", "{{request.path}}", "{}"]) {
    const expected = text.replace("{request.path}", "/p");
    expect(written(text, {}, "/p")).toBe(expected);
    const exchange = { params: {}, principal: null, target: { path: "/p" } } as unknown as Exchange;
    expect(compileValue(text)(exchange)).toBe(expected);
  }
});
