import { expect, test } from "bun:test";
import { type WirePiece, WireReader } from "./wire-reader.ts";

const message = (type: string, body: string | number): Buffer => {
  const content = Buffer.from(typeof body === "number" ? "x".repeat(body) : body);
  const head = Buffer.alloc(type.length + 4);
  head.write(type, "latin1");
  head.writeUInt32BE(4 + content.length, type.length);
  return Buffer.concat([head, content]);
};
const request = (code: number, body = ""): Buffer => {
  const bytes = Buffer.alloc(8 + body.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(code, 4);
  bytes.write(body, 8);
  return bytes;
};

const encryption = request(80877103);
const startup = request(196608, "user\0postgres\0\0");
const statement = Buffer.concat(
  ["P", "B", "D", "E"].map((type) => message(type, `of ${type}`)).concat(message("S", "")),
);
const long = Buffer.concat([message("B", 100_000), message("E", ""), message("S", "")]);
const query = message("Q", "select 1\0");
const stream = Buffer.concat([encryption, startup, statement, long, query, statement]);

const cut = (sizes: (index: number) => number): readonly WirePiece[] => {
  const reader = new WireReader();
  const pieces: WirePiece[] = [];
  for (let start = 0, index = 0; start < stream.length; index += 1) {
    const end = start + sizes(index);
    pieces.push(...reader.read(stream.subarray(start, end)));
    start = end;
  }
  return pieces;
};

const expected: readonly WirePiece[] = [
  { kind: "encryption" },
  { kind: "startup", bytes: new Uint8Array(startup) },
  ...[statement, long, query, statement].map((run) => ({ kind: "run", bytes: new Uint8Array(run) }) as const),
];

test.each([
  ["at once", () => stream.length],
  ["in parts of 7 bytes", () => 7],
  ["in parts of 1 to 900 bytes", (index: number) => 1 + ((index * 37) % 900)],
])("a stream that comes %s is cut into runs that end where an answer is asked for", (_how, sizes) => {
  expect(cut(sizes)).toEqual([...expected]);
});

test("a cancellation request is distinguished from a session", () => {
  expect(new WireReader().read(request(80877102, "12345678"))).toEqual([{ kind: "cancellation" }]);
});
