import { describe, expect, test } from "bun:test";
import { readBasic } from "./read-basic.ts";

const basic = (text: string | Uint8Array) => `Basic ${Buffer.from(text).toString("base64")}`;

describe("the examples of RFC 7617", () => {
  test("user and password, in ASCII and in UTF-8", () => {
    expect(readBasic("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")).toEqual({
      kind: "credentials",
      user: "Aladdin",
      password: "open sesame",
    });
    expect(readBasic("Basic dGVzdDoxMjPCow==")).toEqual({
      kind: "credentials",
      user: "test",
      password: "123£",
    });
  });
});

test("the name ends at the first colon, the scheme is case-insensitive, and the password may be empty", () => {
  expect(readBasic(basic("a:b:c").replace("Basic", "bAsIC"))).toMatchObject({ user: "a", password: "b:c" });
  expect(readBasic(basic("a:"))).toMatchObject({ user: "a", password: "" });
  expect(readBasic(null)).toEqual({ kind: "absent" });
});

test("a decomposed name equals its composed form", () => {
  expect(readBasic(basic("Zoe\u0308:x"))).toMatchObject({ user: "Zo\u00eb" });
});

test.each([
  ["another scheme", "Bearer abc"],
  ["no credentials", "Basic "],
  ["the scheme alone", "Basic"],
  ["two spaces", basic("a:b").replace(" ", "  ")],
  ["a tab", basic("a:b").replace(" ", "\t")],
  ["two of them", `${basic("a:b")}, ${basic("c:d")}`],
  ["no base64", "Basic a:b"],
  ["base64 for URLs", "Basic 8J-RjTpi"],
  ["base64 without its padding", basic("a:bc").replaceAll("=", "")],
  ["base64 with bits left over", "Basic YTpiYx=="],
  ["no colon", basic("abc")],
  ["no name", basic(":b")],
  ["a line end", basic("a:b\r\nx")],
  ["NUL", basic("a\0:b")],
  ["bytes that are no UTF-8", basic(new Uint8Array([0x61, 0x3a, 0xe9]))],
  ["a surrogate in bytes", basic(new Uint8Array([0x61, 0x3a, 0xed, 0xa0, 0x80]))],
  ["more than anybody types", basic(`a:${"b".repeat(4000)}`)],
])("%s is malformed, not absent", (_name, header) => {
  expect(readBasic(header)).toEqual({ kind: "malformed" });
});
