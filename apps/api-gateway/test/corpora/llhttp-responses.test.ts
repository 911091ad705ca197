import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { InvalidResponse } from "../../src/upstream/client/invalid-response.ts";
import { ResponseParser } from "../../src/upstream/client/response-parser.ts";

/**
 * llhttp's own response tests, from the checkout of github.com/nodejs/llhttp that LLHTTP_DIR names. What llhttp refuses in its strict
 * mode must be refused here, and what it needs a lenient flag for too. What it accepts is accepted, but for the listed cases.
 */
const checkout = process.env["LLHTTP_DIR"];
const directory = checkout === undefined ? null : join(checkout, "test/response");

/** Accepted by llhttp, refused here: each with its reason. */
const stricter: Readonly<Record<string, string>> = {
  "HTTP 101 response with Upgrade and Content-Length header": "the client never asks for an upgrade",
  "HTTP 101 response with Upgrade and Transfer-Encoding header": "the client never asks for an upgrade",
  "HTTP 100 first, then 400":
    "an empty line before a status line is not HTTP/1.1 (RFC 9112, 2.2 allows it for requests)",
  "Response starting with CRLF": "as above",
  "HTTP/1.0 with keep-alive and 204 status":
    "a connection of HTTP/1.0 is never used again, so nothing may follow",
  "RTSP response": "another protocol",
  "ICE response": "another protocol",
  "HTTP version 0.9": "has no heads at all",
  "`chunked` before other transfer-encoding": "only `chunked` by itself is known",
  "multiple transfer-encoding where chunked is not the last one": "only `chunked` by itself is known",
  "`chunkedchunked` transfer-encoding does not enable chunked enconding":
    "an unknown coding has no known end",
};

/** Refused by llhttp, accepted here: each with its reason. */
const looser: Readonly<Record<string, string>> = {
  "No extension after semicolon":
    "extensions are dropped; without CR, LF and controls their grammar cannot move the framing",
  "Unbalanced chunk extensions quoting": "as above",
};

interface Fixture {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly isRefused: boolean;
}

function fixturesOf(directory: string, file: string): Fixture[] {
  const fixtures: Fixture[] = [];
  let title = "";
  const pattern =
    /^#+ (?<title>.+)$|<!-- meta=(?<meta>\{.*\}) -->\n```http\n(?<http>[\s\S]*?)```\n\n```log\n(?<log>[\s\S]*?)```/gm;
  for (const { groups } of readFileSync(join(directory, file), "utf8").matchAll(pattern)) {
    if (groups?.["title"] !== undefined) title = groups["title"];
    const { meta, http, log } = groups ?? {};
    if (meta === undefined || http === undefined || log === undefined) continue;
    const { type, skip } = JSON.parse(meta) as { type: string; skip?: boolean };
    if (skip === true) continue;
    fixtures.push({
      name: `${file.replace(".md", "")}: ${title} (${type})`,
      title,
      text: bytesOf(http),
      isRefused: type.includes("lenient") || /error code=(?!21|22|23)/.test(log),
    });
  }
  return fixtures;
}

/** The notation of llhttp's fixtures (its test/md-test.ts). */
function bytesOf(notation: string): string {
  return notation
    .replace(/\n$/, "")
    .replace(/\\\n/g, "")
    .replace(/\n/g, "\r\n")
    .replaceAll("\\r", "\r")
    .replaceAll("\\n", "\n")
    .replaceAll("\\t", "\t")
    .replaceAll("\\f", "\f")
    .replace(/\\x([0-9a-fA-F]+)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\([0-7]{1,3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Refused, or followed by more although it said that the connection ends with it. */
function isRefused(text: string): boolean {
  let [isClean, saysClose] = [true, false];
  let isOver = false;
  const parser = new ResponseParser({
    onHead: ({ keepsAlive }) => (saysClose = !keepsAlive),
    onBody: () => undefined,
    onComplete(clean) {
      isOver = true;
      isClean = clean;
    },
  });
  try {
    parser.begin("GET");
    parser.push(Buffer.from(text, "latin1"));
    // Fixtures of broken heads stop where llhttp stops; here a head is judged once it is whole.
    if (!isOver && !text.includes("\r\n\r\n")) parser.push(Buffer.from("\r\n\r\n"));
    return !isClean && saysClose;
  } catch (thrown) {
    if (thrown instanceof InvalidResponse) return true;
    throw thrown;
  }
}

const fixtures =
  directory === null
    ? []
    : readdirSync(directory)
        .filter((file) => file.endsWith(".md"))
        .toSorted()
        .flatMap((file) => fixturesOf(directory, file));
const suite = `llhttp's response tests${directory === null ? " (set LLHTTP_DIR to a checkout of nodejs/llhttp to run them)" : ""}`;

describe.skipIf(directory === null)(`${suite}: judged as llhttp judges them`, () => {
  test("all of them are read", () => {
    expect(fixtures.length).toBeGreaterThanOrEqual(84);
  });
  test.each(fixtures.map((fixture) => [fixture.name, fixture] as const))(
    "%s",
    (_, { title, text, isRefused: expected }) => {
      const verdict = title in stricter ? true : title in looser ? false : expected;
      expect(isRefused(text)).toBe(verdict);
    },
  );
});
