import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import { startFrontDoor } from "../support/front-door.ts";

const door = await startFrontDoor();
afterAll(() => door[Symbol.asyncDispose]());

const runs = Number(process.env["FUZZ_RUNS"] ?? 250);

/** Line ends, blanks and bytes that parsers of HTTP are known to differ about. */
const lineEnd = fc.oneof(
  { weight: 12, arbitrary: fc.constant("\r\n") },
  { weight: 1, arbitrary: fc.constantFrom("\n", "\r", "\r\r\n", "\n\r\n", "\r\n ", "\x0b\r\n", "\0\r\n") },
);
const blank = fc.oneof(
  { weight: 12, arbitrary: fc.constant(" ") },
  { weight: 1, arbitrary: fc.constantFrom("", "  ", "\t", "\x0b", "\x0c", "\xa0", "\x85", "\0") },
);
const colon = fc.oneof(
  { weight: 12, arbitrary: fc.constant(": ") },
  { weight: 1, arbitrary: fc.constantFrom(":", " : ", "\t: ", ":\t", "\0: ", " ", ":\x0b", ":\xa0") },
);
const spoiled = (usual: readonly string[], odd: readonly string[]) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...usual) },
    { weight: 2, arbitrary: fc.constantFrom(...odd) },
    { weight: 1, arbitrary: fc.string({ unit: "binary-ascii", maxLength: 6 }) },
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
const field = fc.oneof(
  fc.tuple(fc.constantFrom("Content-Length", "content-length", "CONTENT-LENGTH"), length),
  fc.tuple(fc.constantFrom("Transfer-Encoding", "transfer-encoding", "Transfer-Encoding\x0b"), coding),
  fc.tuple(
    spoiled(["Host"], ["host", "Host "]),
    spoiled(["a", "a:80"], ["b", "a/b", "u@a", "", "a b", "a\0"]),
  ),
  fc.tuple(
    fc.constant("Connection"),
    spoiled(["close", "keep-alive"], ["content-length", "transfer-encoding, x"]),
  ),
  fc.tuple(fc.constant("Expect"), fc.constantFrom("100-continue", "200-ok")),
  fc.tuple(
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
const chunk = fc
  .tuple(
    chunkSize,
    lineEnd,
    fc.constantFrom("hello", "helloworld", "", "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
    lineEnd,
  )
  .map((parts) => parts.join(""));
const body = fc.oneof(
  fc.constantFrom("", "hello", "0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"),
  fc.array(chunk, { maxLength: 3 }).map((chunks) => `${chunks.join("")}0\r\n\r\n`),
  fc.constant("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
);
const target = spoiled(
  ["/", "/a", "/a?b=c"],
  ["*", "http://b/", "a:443", "//", "/%00", "/a b", "/\x80", "/a#b", ""],
);
const request = fc
  .record({
    method: spoiled(
      ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"],
      ["get", "G=T", "PRI", "CONNECT", "TRACE"],
    ),
    target,
    version: spoiled(["HTTP/1.1"], ["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1.1", ""]),
    blanks: fc.tuple(blank, blank),
    fields: fc.array(fc.tuple(field, colon, lineEnd), { maxLength: 5 }),
    ends: fc.tuple(lineEnd, lineEnd),
    hasHost: fc.oneof(
      { weight: 9, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    body,
  })
  .map(({ method, target: path, version, blanks, fields, ends, hasHost, body: rest }) => {
    const lines = fields.map(([[name, value], between, end]) => name + between + value + end);
    const host = hasHost ? "Host: a\r\n" : "";
    return `${method}${blanks[0]}${path}${blanks[1]}${version}${ends[0]}${host}${lines.join("")}${ends[1]}${rest}`;
  });

/** FUZZ_RUNS=20000 for a long one. */
test("whatever a client writes, a service gets whole requests that can be read in one way, and other clients their own answers", async () => {
  let served = 0;
  const property = fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 2 }), async (requests) => {
    served += (await door.attack(requests.join(""))).length;
  });
  await fc.assert(property, { numRuns: runs, endOnFailure: true });
  // A door that lets nothing through proves nothing.
  expect(served).toBeGreaterThan(runs / 20);
}, 600_000);

test("the reader that judges sees what is hidden, and lets pass what is in order", async () => {
  const { readRequests } = await import("../support/strict-requests.ts");
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
