import { describe, expect, test } from "bun:test";
import { MalformedMessage } from "@libs/http1";
import { ResponseParser } from "../../src/upstream/client/response-parser.ts";
import { hasLlhttp, llhttpFixtures, llhttpHint } from "./llhttp-fixtures.ts";

/**
 * llhttp's own response tests. What llhttp refuses in its strict
 * mode must be refused here, and what it needs a lenient flag for too. What it accepts is accepted, but for the listed cases.
 */
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
    if (thrown instanceof MalformedMessage) return true;
    throw thrown;
  }
}

const fixtures = llhttpFixtures("response");

describe.skipIf(!hasLlhttp)(`llhttp's response tests${llhttpHint}: judged as llhttp judges them`, () => {
  test("every case is read", () => {
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
