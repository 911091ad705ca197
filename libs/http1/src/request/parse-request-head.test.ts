import { describe, expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { parseRequestHead } from "./parse-request-head.ts";

function codeOf(text: string): string {
  try {
    parseRequestHead(text);
    return "accepted";
  } catch (thrown) {
    if (thrown instanceof CartwayError) return thrown.code;
    throw thrown;
  }
}

const host = "Host: a\r\n";
const get = `GET / HTTP/1.1\r\n${host}`;

describe("an ambiguous head is refused", () => {
  const cases: readonly (readonly [why: string, text: string, code: string])[] = [
    ["no method", ` / HTTP/1.1\r\n${host}`, "bad_request"],
    ["a method that is no token", `G(T / HTTP/1.1\r\n${host}`, "bad_request"],
    ["a tab after the method", `GET\t/ HTTP/1.1\r\n${host}`, "bad_request"],
    ["two blanks after the method", `GET  / HTTP/1.1\r\n${host}`, "bad_request"],
    ["two blanks before the version", `GET /  HTTP/1.1\r\n${host}`, "bad_request"],
    ["a blank after the version", `GET / HTTP/1.1 \r\n${host}`, "bad_request"],
    ["no version", `GET /\r\n${host}`, "bad_request"],
    ["a blank in the target", `GET /a b HTTP/1.1\r\n${host}`, "bad_request"],
    ["a version in lower case", `GET / http/1.1\r\n${host}`, "bad_request"],
    ["another version", `GET / HTTP/2.0\r\n${host}`, "version_not_supported"],
    ["HTTP/0.9 with a version", `GET / HTTP/0.9\r\n${host}`, "version_not_supported"],
    ["a method in lower case", `get / HTTP/1.1\r\n${host}`, "not_implemented"],
    ["a method that nobody knows", `FETCH / HTTP/1.1\r\n${host}`, "not_implemented"],
    ["CONNECT", `CONNECT a:443 HTTP/1.1\r\n${host}`, "method_not_allowed"],
    ["TRACE", `TRACE / HTTP/1.1\r\n${host}`, "method_not_allowed"],
    ["no host", "GET / HTTP/1.1\r\nA: b\r\n", "invalid_host"],
    ["no host in HTTP/1.0", "GET / HTTP/1.0\r\n", "invalid_host"],
    ["two hosts", `${get}Host: a\r\n`, "invalid_host"],
    ["a list of hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n", "invalid_host"],
    ["an empty host", "GET / HTTP/1.1\r\nHost: \r\n", "invalid_host"],
    ["an asterisk, except for OPTIONS", `GET * HTTP/1.1\r\n${host}`, "invalid_path"],
    ["an authority", `GET a:80 HTTP/1.1\r\n${host}`, "invalid_path"],
    ["a target of https", `GET https://a/ HTTP/1.1\r\n${host}`, "invalid_path"],
    ["a target of another host", `GET http://b/ HTTP/1.1\r\n${host}`, "invalid_host"],
    ["a target with a user", `GET http://a@a/ HTTP/1.1\r\n${host}`, "invalid_host"],
    [
      "a length beside a coding",
      `${get}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n`,
      "invalid_header",
    ],
    ["two lengths", `${get}Content-Length: 1\r\nContent-Length: 1\r\n`, "invalid_header"],
    ["a list of lengths", `${get}Content-Length: 1, 1\r\n`, "invalid_header"],
    ["a signed length", `${get}Content-Length: +1\r\n`, "invalid_header"],
    ["a length in hex", `${get}Content-Length: 0x1\r\n`, "invalid_header"],
    ["an empty length", `${get}Content-Length:\r\n`, "invalid_header"],
    ["a length beyond 2^53", `${get}Content-Length: 99999999999999999\r\n`, "invalid_header"],
    ["two codings", `${get}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n`, "invalid_header"],
    ["a coding before chunked", `${get}Transfer-Encoding: gzip, chunked\r\n`, "invalid_header"],
    ["an unknown coding", `${get}Transfer-Encoding: xchunked\r\n`, "invalid_header"],
    ["a coding in HTTP/1.0", `GET / HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n`, "invalid_header"],
    ["a folded line", `${get}A: b\r\n c\r\n`, "invalid_header"],
    ["a blank before a colon", `${get}A : b\r\n`, "invalid_header"],
    ["a field without a name", `${get}: b\r\n`, "invalid_header"],
    ["a line without a colon", `${get}A\r\n`, "invalid_header"],
    ["a bare LF between fields", `${get}A: b\nC: d\r\n`, "invalid_header"],
    ["a bare CR in a value", `${get}A: b\rC: d\r\n`, "invalid_header"],
    ["a NUL in a value", `${get}A: b\0\r\n`, "invalid_header"],
    ["DEL in a value", `${get}A: b\x7f\r\n`, "invalid_header"],
    ["an expectation that nobody knows", `${get}Expect: magic\r\n`, "expectation_failed"],
    ["two expectations", `${get}Expect: 100-continue\r\nExpect: 100-continue\r\n`, "expectation_failed"],
    ["too many fields", get + "A: b\r\n".repeat(200), "header_too_large"],
    ["too long a target", `GET /${"a".repeat(8192)} HTTP/1.1\r\n${host}`, "uri_too_long"],
  ];
  test.each(cases)("%s", (_, text, code) => {
    expect(codeOf(text)).toBe(code);
  });
});

describe("a request head", () => {
  test("has names in lower case, values without surrounding blanks, and bytes above 127 unchanged", () => {
    const { method, origin, target, fields } = parseRequestHead(`${get}X-Shop:\t caf\xe9 \t\r\nEmpty:\r\n`);
    expect([method, origin, target]).toEqual(["GET", { url: "http://a", scheme: "http", host: "a" }, "/"]);
    expect([fields.get("x-shop"), fields.get("empty"), fields.get("host")]).toEqual(["caf\xe9", "", "a"]);
  });

  test("has repeated fields joined", () => {
    const { fields } = parseRequestHead(`${get}A: 1\r\na: 2\r\nCookie: x=1\r\nCookie: y=2\r\n`);
    expect([fields.get("a"), fields.get("cookie")]).toEqual(["1, 2", "x=1; y=2"]);
  });

  test("may have a target in absolute form if it names the host", () => {
    expect(parseRequestHead(`GET HTTP://A/x?y HTTP/1.1\r\n${host}`).target).toBe("/x?y");
    expect(parseRequestHead(`GET http://a HTTP/1.1\r\n${host}`).target).toBe("/");
    expect(parseRequestHead(`GET http://a?y HTTP/1.1\r\n${host}`).target).toBe("/?y");
  });

  test.each([
    ["HTTP/1.1", "", true],
    ["HTTP/1.1", "Connection: Close\r\n", false],
    ["HTTP/1.1", "Connection: x, close\r\n", false],
    ["HTTP/1.1", "Connection: x\r\nConnection: close\r\n", false],
    ["HTTP/1.0", "", false],
    ["HTTP/1.0", "Connection: Keep-Alive\r\n", true],
    ["HTTP/1.0", "Connection: keep-alive, close\r\n", false],
  ])("of %s with %p determines whether the connection is kept", (version, fields, keepsAlive) => {
    expect(parseRequestHead(`GET / ${version}\r\n${host}${fields}`).keepsAlive).toBe(keepsAlive);
  });

  test.each([
    ["", 0],
    ["Content-Length: 0\r\n", 0],
    ["Content-Length: 007\r\n", 7],
    ["Transfer-Encoding: Chunked\r\n", -1],
  ])("with %p determines the length of the body", (fields, bytes) => {
    expect(parseRequestHead(`POST / HTTP/1.1\r\n${host}${fields}`).bodyBytes).toBe(bytes);
  });

  test("may have a target of 8,192 characters", () => {
    const target = `/a?${"b".repeat(8189)}`;
    expect(parseRequestHead(`GET ${target} HTTP/1.1\r\n${host}`).target).toBe(target);
  });

  test("expects 100 Continue only if it has a body", () => {
    const expects = "Expect: 100-Continue\r\n";
    expect(parseRequestHead(`${get}${expects}`).expectsContinue).toBe(false);
    expect(parseRequestHead(`${get}${expects}Content-Length: 1\r\n`).expectsContinue).toBe(true);
    expect(parseRequestHead(`GET / HTTP/1.0\r\n${host}${expects}Content-Length: 1\r\n`).expectsContinue).toBe(
      false,
    );
  });
});
