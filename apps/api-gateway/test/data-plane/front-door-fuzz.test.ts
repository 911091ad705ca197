import { afterAll, expect, test } from "bun:test";
import {
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  oneof,
  record,
  string,
  tuple,
} from "fast-check";
import { startFrontDoor } from "../support/clients/front-door.ts";
import { readRequests } from "../support/clients/strict-requests.ts";

const door = await startFrontDoor();
afterAll(() => door[Symbol.asyncDispose]());

const runs = Number(process.env["FUZZ_RUNS"] ?? 250);

/** Line ends, blanks and bytes that parsers of HTTP are known to differ about. */
const lineEnd = oneof(
  { weight: 12, arbitrary: constant("\r\n") },
  { weight: 1, arbitrary: constantFrom("\n", "\r", "\r\r\n", "\n\r\n", "\r\n ", "\x0b\r\n", "\0\r\n") },
);
const blank = oneof(
  { weight: 12, arbitrary: constant(" ") },
  { weight: 1, arbitrary: constantFrom("", "  ", "\t", "\x0b", "\x0c", "\xa0", "\x85", "\0") },
);
const colon = oneof(
  { weight: 12, arbitrary: constant(": ") },
  { weight: 1, arbitrary: constantFrom(":", " : ", "\t: ", ":\t", "\0: ", " ", ":\x0b", ":\xa0") },
);
const spoiled = (usual: readonly string[], odd: readonly string[]) =>
  oneof(
    { weight: 6, arbitrary: constantFrom(...usual) },
    { weight: 2, arbitrary: constantFrom(...odd) },
    { weight: 1, arbitrary: string({ unit: "binary-ascii", maxLength: 6 }) },
  );
const length = spoiled(
  ["0", "5", "10"],
  [
    "+5",
    "-1",
    "0x5",
    "05",
    "5,5",
    "5, 6",
    "5 5",
    "1_0",
    "",
    "5\0",
    "5;a",
    "99999999999999999999",
    "4294967301",
  ],
);
const coding = spoiled(
  ["chunked"],
  [
    "Chunked",
    "chunked, chunked",
    "gzip, chunked",
    ",chunked",
    "chunked,",
    "x",
    "\x0bchunked",
    "chunked\0",
    "identity",
  ],
);
const field = oneof(
  tuple(constantFrom("Content-Length", "content-length", "CONTENT-LENGTH"), length),
  tuple(constantFrom("Transfer-Encoding", "transfer-encoding", "Transfer-Encoding\x0b"), coding),
  tuple(spoiled(["Host"], ["host", "Host "]), spoiled(["a", "a:80"], ["b", "a/b", "u@a", "", "a b", "a\0"])),
  tuple(constant("Connection"), spoiled(["close", "keep-alive"], ["content-length", "transfer-encoding, x"])),
  tuple(constant("Expect"), constantFrom("100-continue", "200-ok")),
  tuple(
    spoiled(["X-A", "Cookie"], ["X A", "X_A", "", "X\r\nY", "X\0"]),
    spoiled(["1"], ["a\nb", "a\rb: c", "\x7f"]),
  ),
);
const chunkSize = spoiled(
  ["5", "0", "a"],
  [
    "05",
    "0x5",
    "+5",
    "-1",
    "5 ",
    " 5",
    "5;a=b",
    "5;",
    "5\t",
    "5_0",
    "FFFFFFFFFFFFFFFF5",
    "",
    "5\n",
    "100000005",
  ],
);
const chunk = tuple(
  chunkSize,
  lineEnd,
  constantFrom("hello", "helloworld", "", "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
  lineEnd,
).map((parts) => parts.join(""));
const body = oneof(
  constantFrom("", "hello", "0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"),
  array(chunk, { maxLength: 3 }).map((chunks) => `${chunks.join("")}0\r\n\r\n`),
  constant("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
);
const target = spoiled(
  ["/", "/a", "/a?b=c"],
  ["*", "http://b/", "a:443", "//", "/%00", "/a b", "/\x80", "/a#b", ""],
);
const request = record({
  method: spoiled(
    ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"],
    ["get", "G=T", "PRI", "CONNECT", "TRACE"],
  ),
  target,
  version: spoiled(["HTTP/1.1"], ["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1.1", ""]),
  blanks: tuple(blank, blank),
  fields: array(tuple(field, colon, lineEnd), { maxLength: 5 }),
  ends: tuple(lineEnd, lineEnd),
  hasHost: oneof({ weight: 9, arbitrary: constant(true) }, { weight: 1, arbitrary: constant(false) }),
  body,
}).map(({ method, target: path, version, blanks, fields, ends, hasHost, body: rest }) => {
  const lines = fields.map(([[name, value], between, end]) => name + between + value + end);
  const host = hasHost ? "Host: a\r\n" : "";
  return `${method}${blanks[0]}${path}${blanks[1]}${version}${ends[0]}${host}${lines.join("")}${ends[1]}${rest}`;
});

/** FUZZ_RUNS=20000 for a long one. */
test("for any input, services receive only complete, unambiguous requests, and other clients get their own responses", async () => {
  let served = 0;
  const property = asyncProperty(array(request, { minLength: 1, maxLength: 2 }), async (requests) => {
    served += (await door.attack(requests.join(""))).length;
  });
  await assert(property, { numRuns: runs, endOnFailure: true });
  // Some requests must pass: refusing everything would prove nothing.
  expect(served).toBeGreaterThan(runs / 50);
}, 600_000);

test("the fuzz test's own parser detects smuggled requests and accepts valid ones", () => {
  const read = (text: string) => readRequests(Buffer.from(text, "latin1"));
  const post = "POST / HTTP/1.1\r\nHost: a\r\n";
  expect(
    read(`${post}Content-Length: 2\r\n\r\nokGET /b HTTP/1.1\r\n\r\n`).requests.map((one) => one.target),
  ).toEqual(["/", "/b"]);
  expect(read(`${post}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`).requests).toHaveLength(1);
  expect(read(`${post}Content-Length: 5\r\n\r\nok`)).toMatchObject({ requests: [] });
  for (const framing of [
    "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Content-Length: +2\r\n\r\nok",
    "Transfer-Encoding: x\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n2 \r\nok\r\n0\r\n\r\n",
    "X : a\r\n\r\n",
    "X: a\rb\r\n\r\n",
  ])
    expect(() => read(post + framing)).toThrow();
});
