import { describe, expect, test } from "bun:test";
import { MalformedMessage } from "@libs/http1";
import { seededRandom } from "@libs/testing";
import type { ResponseHead } from "./parse-head.ts";
import { ResponseParser } from "./response-parser.ts";

interface Seen {
  heads: ResponseHead[];
  body: string;
  completions: boolean[];
}

/** Reads `text` in pieces that end where `cuts` say. */
function read(text: string, { method = "GET", cuts = [] as readonly number[], ends = false } = {}): Seen {
  const seen: Seen = { heads: [], body: "", completions: [] };
  const parser = new ResponseParser({
    onHead: (head) => seen.heads.push(head),
    onBody: (bytes) => {
      seen.body += Buffer.from(bytes).toString("latin1");
    },
    onComplete: (isClean) => seen.completions.push(isClean),
  });
  parser.begin(method);
  const bytes = Buffer.from(text, "latin1");
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    // A connection whose exchange is over does not read on.
    if (seen.completions.length === 0) parser.push(bytes.subarray(start, end));
    start = end;
  }
  if (ends) parser.end();
  return seen;
}

function refusalOf(text: string, method = "GET"): string {
  try {
    read(text, { method });
  } catch (thrown) {
    if (thrown instanceof MalformedMessage) return thrown.message;
    throw thrown;
  }
  return "accepted";
}

const ok = "HTTP/1.1 200 OK\r\n";

describe("an ambiguous response is refused", () => {
  const cases: readonly (readonly [why: string, text: string])[] = [
    ["a length beside a coding", `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ["two lengths", `${ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\n`],
    ["a list of lengths", `${ok}Content-Length: 5, 5\r\n\r\n`],
    ["a signed length", `${ok}Content-Length: +5\r\n\r\n`],
    ["a length in hex", `${ok}Content-Length: 0x5\r\n\r\n`],
    ["a length beyond 2^53", `${ok}Content-Length: 99999999999999999\r\n\r\n`],
    ["an empty length", `${ok}Content-Length: \r\n\r\n`],
    ["two codings", `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ["a coding beside chunked", `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ["an unknown coding", `${ok}Transfer-Encoding: xchunked\r\n\r\n`],
    ["a coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["a folded line", `${ok}A: b\r\n c\r\n\r\n`],
    ["a space before the colon", `${ok}A : b\r\n\r\n`],
    ["a field without a name", `${ok}: b\r\n\r\n`],
    ["a line without a colon", `${ok}A\r\n\r\n`],
    ["a bare LF at the end of a line", `${ok}A: b\nC: d\r\n\r\n`],
    ["a bare CR in a value", `${ok}A: b\rC: d\r\n\r\n`],
    ["a NUL in a value", `${ok}A: b\0\r\n\r\n`],
    ["a head of bare LFs, though its end is never found", "HTTP/1.1 200 OK\nA: b\n\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a status beyond 599", "HTTP/1.1 600 OK\r\n\r\n"],
    ["another protocol", "HTTP/2 200\r\n\r\n"],
    ["HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n"],
    ["no HTTP at all, at its first bytes", "SSH-2.0"],
    ["a switch of protocol that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
    ["interim answers without end", "HTTP/1.1 100 Continue\r\n\r\n".repeat(17)],
    ["a head without end", `${ok}A: ${"b".repeat(40_000)}`],
    ["fields without end", `${ok}${"a: b\r\n".repeat(300)}\r\n`],
  ];
  test.each(cases)("%s", (_, text) => {
    expect(refusalOf(text)).not.toBe("accepted");
  });

  const chunks: readonly (readonly [why: string, body: string])[] = [
    ["without size", "\r\n"],
    ["with a size of blanks", " 5\r\nhello\r\n0\r\n\r\n"],
    ["with a blank after the size", "5 \r\nhello\r\n0\r\n\r\n"],
    ["with a size in no hex", "5g\r\nhello\r\n0\r\n\r\n"],
    ["with a size of 0x", "0x5\r\nhello\r\n0\r\n\r\n"],
    ["with a signed size", "-5\r\nhello\r\n0\r\n\r\n"],
    ["with a size beyond 2^53", "fffffffffffffff\r\n"],
    ["whose size ends in LF alone", "5\nhello\r\n0\r\n\r\n"],
    ["whose size ends in CR alone", "5\rhello\r\n0\r\n\r\n"],
    ["longer than it says", "5\r\nhello!\r\n0\r\n\r\n"],
    ["whose data ends in LF alone", "5\r\nhello\n0\r\n\r\n"],
    ["with a control character in its extension", "5;a\0\r\nhello\r\n0\r\n\r\n"],
    ["with an LF in its extension", "5;a\nhello\r\n0\r\n\r\n"],
    ["with extensions without end", `5;${"a".repeat(20_000)}`],
    ["with trailers without end", `0\r\n${"a: b\r\n".repeat(5000)}`],
    ["with a bare LF in its trailers", "0\r\na: b\n\r\n"],
  ];
  test.each(chunks)("a chunk %s", (_, body) => {
    expect(refusalOf(`${ok}Transfer-Encoding: chunked\r\n\r\n${body}`)).not.toBe("accepted");
  });
});

describe("a body ends as its framing says", () => {
  test("at its length; further bytes make the connection unusable", () => {
    expect(read(`${ok}Content-Length: 2\r\n\r\nhi`)).toMatchObject({ body: "hi", completions: [true] });
    expect(read(`${ok}Content-Length: 2\r\n\r\nhiX`)).toMatchObject({ body: "hi", completions: [false] });
  });

  test("at the last chunk, without extensions and trailers", () => {
    const text = `${ok}Transfer-Encoding: Chunked\r\n\r\n2;q="a b"\r\nhi\r\nA\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\n`;
    expect(read(text)).toMatchObject({ body: "hi0123456789", completions: [true] });
  });

  test("at the close, without other framing", () => {
    expect(read("HTTP/1.0 200 OK\r\n\r\nhi")).toMatchObject({ body: "hi", completions: [] });
    expect(read(`${ok}\r\nhi`, { ends: true })).toMatchObject({ body: "hi", completions: [true] });
  });

  test.each([
    ["HEAD", `${ok}Content-Length: 5\r\n\r\n`],
    ["GET", "HTTP/1.1 204 No Content\r\n\r\n"],
    ["GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"],
  ])("at once for %s %p", (method, text) => {
    expect(read(text, { method })).toMatchObject({ body: "", completions: [true] });
  });

  test("and an earlier close is an error, never an end", () => {
    expect(read(`${ok}Content-Length: 5\r\n\r\nhi`, { ends: true }).completions).toEqual([]);
    expect(read(`${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n`, { ends: true }).completions).toEqual(
      [],
    );
  });
});

describe("a response head", () => {
  test("keeps its fields in order, with spelling, duplicates and bytes above 127", () => {
    const [head] = read(`${ok}A:\t caf\xe9 \t\r\nSet-Cookie: a\r\nset-cookie: b\r\nEmpty:\r\n\r\n`).heads;
    expect(head?.headers.raw).toEqual(["A", "caf\xe9", "Set-Cookie", "a", "set-cookie", "b", "Empty", ""]);
  });

  test("drops hop-by-hop fields and those named by Connection", () => {
    const [head] = read(
      `${ok}Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: a\r\nTE: b\r\nTrailer: c\r\nUpgrade: d\r\nX-End: 2\r\nContent-Length: 0\r\n\r\n`,
    ).heads;
    expect(head?.headers.raw).toEqual(["X-End", "2"]);
    expect(head?.keepsAlive).toBe(false);
    expect(head?.keepAliveMs).toBe(5000);
  });

  test("keeps Content-Length if there is no body: it describes the response to GET", () => {
    const [head] = read(`${ok}Content-Length: 5\r\n\r\n`, { method: "HEAD" }).heads;
    expect(head?.headers.get("content-length")).toBe("5");
  });

  test("keeps the reason phrase, also an empty one", () => {
    expect(read("HTTP/1.1 404 Nicht da\r\n\r\n").heads[0]?.statusText).toBe("Nicht da");
    expect(read("HTTP/1.1 404\r\n\r\n").heads[0]?.statusText).toBe("");
    expect(read("HTTP/1.1 404 \r\n\r\n").heads[0]?.statusText).toBe("");
  });

  test("is the final one after interim responses", () => {
    const seen = read(
      `HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 1\r\n\r\nx`,
    );
    expect(seen).toMatchObject({ heads: [{ status: 200 }], body: "x", completions: [true] });
  });
});

describe("parsing does not depend on how the bytes are split", () => {
  test.each([
    `HTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 12\r\nX: y\r\n\r\nhello world!`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n7\r\n world!\r\n0\r\nT: u\r\n\r\n`,
    "HTTP/1.0 404 Gone\r\nA: b\r\n\r\nuntil the close",
  ])("%p", (text) => {
    const whole = read(text, { ends: true });
    for (let first = 1; first < text.length; first += 1) {
      for (let second = first; second < text.length; second += 7)
        expect(read(text, { cuts: [first, second], ends: true })).toEqual(whole);
    }
    const everyByte = Array.from({ length: text.length - 1 }, (_, index) => index + 1);
    expect(read(text, { cuts: everyByte, ends: true })).toEqual(whole);
  });
});

describe("for any bytes", () => {
  const seeds = [
    `${ok}Content-Length: 5\r\nX: y\r\n\r\nhello`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    `HTTP/1.1 103 Early Hints\r\n\r\n${ok}Connection: close, x\r\n\r\nbody`,
  ];
  const bricks = [
    "\r",
    "\n",
    "\r\n",
    "\0",
    " ",
    "\t",
    ":",
    ";",
    "0",
    "5",
    "f",
    "chunked",
    "Content-Length: 5\r\n",
    "\x80",
    "HTTP/1.1",
  ];

  test("the result is a response or a refusal, never a crash, and does not depend on how they are split", () => {
    const random = seededRandom(20261121);
    const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
    for (let round = 0; round < 20_000; round += 1) {
      let text = pick(seeds) ?? "";
      for (let edits = 1 + Math.floor(random() * 3); edits > 0; edits -= 1) {
        const at = Math.floor(random() * text.length);
        text = text.slice(0, at) + (pick(bricks) ?? "") + text.slice(at + Math.floor(random() * 3));
      }
      const cut = Math.floor(random() * text.length);
      expect([text, verdictOf(text, [cut])]).toEqual([text, verdictOf(text, [])]);
    }
  });

  function verdictOf(text: string, cuts: readonly number[]): unknown {
    try {
      const { heads, body, completions } = read(text, { cuts });
      return { heads, body, completions: completions.length };
    } catch (thrown) {
      if (thrown instanceof MalformedMessage) return "refused";
      throw thrown;
    }
  }
});
