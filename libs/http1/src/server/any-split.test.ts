import { afterAll, expect, test } from "bun:test";
import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  integer,
  nat,
  oneof,
  string,
  tuple,
  uint8Array,
} from "fast-check";
import { RawClient } from "../../test/raw-client.ts";
import { startHttp1 } from "../../test/start-http1.ts";
import { WireResponse } from "../wire-response.ts";

interface Sent {
  readonly bytes: string;
  /** As the listener tells it. */
  readonly told: string;
}

const started = startHttp1(async (request) => {
  // Some answers come at once, some later, whatever has come by then.
  if (request.url.endsWith("later")) await Bun.sleep(0);
  const fields: string[] = [];
  request.headers.forEach((value, name) => fields.push(`${name}=${value}`));
  const text = await request.text();
  return new WireResponse(200, [], `<${request.method} ${request.url} ${fields.join("&")} ${text}>`);
});
afterAll(() => started[Symbol.asyncDispose]());

const word = string({ unit: constantFrom("a", "b", "x", "z", "0", "9"), minLength: 1, maxLength: 12 });
const bodyText = string({ unit: constantFrom("a", "\r", "\n", "0", ";", "G"), maxLength: 40 });

function chunked(text: string, sizes: readonly number[]): string {
  let [rest, out, index] = [text, "", 0];
  while (rest !== "") {
    const size = Math.min(rest.length, sizes[index++ % sizes.length] ?? 1);
    out += `${size.toString(16)}${index % 2 === 0 ? ";x=y" : ""}\r\n${rest.slice(0, size)}\r\n`;
    rest = rest.slice(size);
  }
  return `${out}0\r\n\r\n`;
}

const body = oneof(
  constantFrom({ field: "", written: "", text: "" }),
  bodyText.map((text) => ({ field: `content-length=${text.length}`, written: text, text })),
  tuple(bodyText, array(integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 })).map(
    ([text, sizes]) => ({
      field: "transfer-encoding=chunked",
      written: chunked(text, sizes),
      text,
    }),
  ),
);
const request = tuple(
  constantFrom("GET", "POST", "PUT"),
  word,
  constantFrom("", "later"),
  array(word, { maxLength: 3 }),
  body,
).map(([method, path, pace, values, { field, written, text }]): Sent => {
  const fields = [
    "host=a",
    ...values.map((value, index) => `x-${index}=${value}`),
    ...(field === "" ? [] : [field]),
  ];
  const head = fields.map((each) => `${each.replace("=", ": ")}\r\n`).join("");
  return {
    bytes: `${method} /${path}${pace} HTTP/1.1\r\n${head}\r\n${written}`,
    told: `<${method} http://a/${path}${pace} ${fields.join("&")} ${text}>`,
  };
});

test("the same bytes are the same requests, however they are split", async () => {
  const runs = array(request, { minLength: 1, maxLength: 5 });
  const property = asyncProperty(runs, array(nat(400), { maxLength: 8 }), async (requests, cuts) => {
    const bytes = requests.map((each) => each.bytes).join("");
    const last = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    using client = new RawClient(started.port);
    client.socket.setNoDelay(true);
    let at = 0;
    for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
      if (cut <= at || cut > bytes.length) continue;
      await client.write(bytes.slice(at, cut));
      await Bun.sleep(0);
      at = cut;
    }
    await client.write(last);
    const told = [...(await client.closed()).matchAll(/\r\n\r\n(<[^>]*>)/g)].map(([, each]) => each);
    expect(told.slice(0, -1)).toEqual(requests.map((each) => each.told));
  });
  await assert(property, { numRuns: 300 });
}, 60_000);

test("no bytes break the listener: each connection is answered or closed, and others are served", async () => {
  const noise = oneof(
    request.map(({ bytes }) => bytes),
    constantFrom(
      "\r\n",
      "GET ",
      "Host: a\r\n",
      "\r\n\r\n",
      "0\r\n\r\n",
      "HTTP/1.1",
      ":",
      "Transfer-Encoding: chunked\r\n",
    ),
    uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  );
  const property = asyncProperty(array(noise, { minLength: 1, maxLength: 6 }), async (pieces) => {
    using client = new RawClient(started.port);
    for (const piece of pieces) await client.write(piece);
    client.socket.end();
    await client.closed();
    expect(await (await fetch(`http://127.0.0.1:${started.port}/innocent`)).text()).toContain(
      "http://127.0.0.1",
    );
  });
  await assert(property, { numRuns: 300 });
  expect(started.errors.filter((thrown) => !(thrown instanceof Error && "code" in thrown))).toEqual([]);
}, 60_000);
