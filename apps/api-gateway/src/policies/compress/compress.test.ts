import { describe, expect, test } from "bun:test";
import zlib from "node:zlib";
import { createEventLog } from "@libs/testing";
import { startGatewayTo } from "../../../test/support/start-gateway.ts";
import { startRawUpstream } from "../../../test/support/upstreams/start-raw-upstream.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";
import { chooseCoding } from "./choose-coding.ts";

const text = JSON.stringify(Array.from({ length: 300 }, (_, id) => ({ id, name: `product ${id}` })));
const json = { "content-type": "application/json" };
const policies = (more: object = {}) => [{ type: "compress", ...more }];

/** The raw answer. */
async function ask(
  url: string,
  acceptEncoding: string,
  init: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> } = {},
) {
  const answer = await fetch(url, {
    ...init,
    decompress: false,
    headers: { "accept-encoding": acceptEncoding, ...init.headers },
  });
  return { answer, bytes: await answer.bytes(), coding: answer.headers.get("content-encoding") };
}

const decoders = {
  br: zlib.brotliDecompressSync,
  zstd: zlib.zstdDecompressSync,
  gzip: zlib.gunzipSync,
} as const;

describe("the content coding", () => {
  const cases: [accept: string | null, chosen: string | null][] = [
    [null, null],
    ["", null],
    ["gzip, deflate, br, zstd", "br"],
    ["gzip", "gzip"],
    ["x-gzip", "gzip"],
    ["br;q=0.5, gzip;q=0.8", "gzip"],
    ["br;q=0, *", "zstd"],
    ["*;q=0", null],
    ["identity", null],
    ["identity;q=1, gzip;q=0.5", null],
    ["gzip;q=2", null],
    ["GZIP", "gzip"],
    ["deflate, compress", null],
  ];
  test.each(cases)("for %p is %p", (accept, chosen) => {
    expect(chooseCoding(accept, ["br", "zstd", "gzip"])).toBe(chosen as never);
  });
});

describe("a response that a client accepts compressed", () => {
  test.each(["br", "zstd", "gzip"] as const)("is compressed with %s, and declares it", async (coding) => {
    await using upstream = startUpstream(
      () => new Response(text, { headers: { ...json, etag: '"v1"', "content-digest": "sha-256=:x:" } }),
    );
    await using gateway = await startGatewayTo(upstream.url, { policies: policies() });
    const { answer, bytes, coding: used } = await ask(gateway.url, coding);
    expect([used, decoders[coding](bytes).toString() === text]).toEqual([coding, true]);
    expect(bytes.byteLength).toBeLessThan(text.length / 3);
    expect(answer.headers.get("vary")).toBe("Accept-Encoding");
    expect(answer.headers.get("etag")).toBe('W/"v1"');
    expect(answer.headers.get("content-digest")).toBeNull();
    expect(answer.headers.get("content-length")).toBe(String(bytes.byteLength));
    const counted = `cartway_compressed_responses_total{route="all",coding="${coding}"} 1`;
    expect(await gateway.metrics.render()).toContain(counted);
  });

  test.each(["br", "zstd", "gzip"] as const)(
    "is compressed while it streams, with %s, to its last byte",
    async (coding) => {
      const chunk = Buffer.from(text.repeat(4));
      const chunks = 1000;
      await using upstream = startUpstream(() => {
        let sent = 0;
        const body = new ReadableStream({
          pull(controller) {
            sent += 1;
            if (sent > chunks) controller.close();
            else controller.enqueue(chunk);
          },
        });
        return new Response(body, { headers: json });
      });
      await using gateway = await startGatewayTo(upstream.url, { policies: policies() });
      const answer = await fetch(gateway.url, { headers: { "accept-encoding": coding } });
      expect(answer.headers.has("vary")).toBe(true);
      let bytes = 0;
      for await (const part of answer.body ?? []) bytes += part.byteLength;
      expect(bytes).toBe(chunk.byteLength * chunks);
    },
  );

  test.each(["br", "zstd", "gzip"] as const)(
    "arrives part by part as it is sent, with %s",
    async (coding) => {
      const asked = createEventLog<ReadableStreamDefaultController>();
      await using upstream = startUpstream(
        () =>
          new Response(new ReadableStream({ start: asked.push }), {
            headers: { "content-type": "text/plain" },
          }),
      );
      await using gateway = await startGatewayTo(upstream.url, { policies: policies() });
      const answering = fetch(gateway.url, { headers: { "accept-encoding": coding } });
      const source = await asked.next();
      source.enqueue(Buffer.from("one"));
      const answer = await answering;
      expect(answer.headers.get("content-encoding")).toBe(coding);
      const received = createEventLog<string>();
      const read = answer.body
        ?.pipeThrough(new TextDecoderStream())
        .pipeTo(new WritableStream({ write: received.push }));
      expect(await received.next()).toBe("one");
      source.enqueue(Buffer.from("two"));
      expect(await received.next()).toBe("two");
      source.close();
      await read;
    },
  );

  test("is compressed if the gateway itself sends it, errors included", async () => {
    const respond = { type: "respond", contentType: "text/plain", body: "x".repeat(5000) };
    await using gateway = await startGatewayTo("http://127.0.0.1:1", { policies: [...policies(), respond] });
    const { coding, bytes } = await ask(gateway.url, "gzip");
    expect([coding, zlib.gunzipSync(bytes).toString().length]).toEqual(["gzip", 5000]);
  });

  test("is compressed for a request with no-transform, too, which is advice: Accept-Encoding binds", async () => {
    await using upstream = startUpstream(() => new Response(text, { headers: json }));
    await using gateway = await startGatewayTo(upstream.url, { policies: policies() });
    const advice = { headers: { "cache-control": "no-transform" } };
    expect((await ask(gateway.url, "gzip", advice)).coding).toBe("gzip");
    expect((await ask(gateway.url, "identity", advice)).coding).toBeNull();
  });

  test("is compressed above the size that is done synchronously, too", async () => {
    const large = text.repeat(5);
    await using upstream = startUpstream(() => new Response(large, { headers: json }));
    await using gateway = await startGatewayTo(upstream.url, { policies: policies() });
    for (const coding of ["br", "zstd", "gzip"] as const) {
      const { bytes } = await ask(gateway.url, coding);
      expect(decoders[coding](bytes).toString() === large).toBe(true);
    }
  });
});

describe("what is not compressed", () => {
  const cases: [name: string, headers: Record<string, string>, body: string, status?: number][] = [
    ["what is small", json, '{"a":1}'],
    ["what is encoded already", { ...json, "content-encoding": "gzip" }, text],
    ["what must not be transformed", { ...json, "cache-control": "public, no-transform" }, text],
    ["what does not get smaller by its type", { "content-type": "image/png" }, text],
    ["a stream of events", { "content-type": "text/event-stream" }, text],
    ["lines of JSON", { "content-type": "application/x-ndjson" }, text],
    ["a part", json, text, 206],
  ];
  test.each(cases)("%s", async (_name, headers, body, status = 200) => {
    await using upstream = startUpstream(
      () => new Response(body, { status, headers: { etag: '"v1"', ...headers } }),
    );
    await using gateway = await startGatewayTo(upstream.url, { policies: policies() });
    const { answer, bytes } = await ask(gateway.url, "br, gzip");
    expect(Buffer.from(bytes).toString()).toBe(body);
    expect(answer.headers.get("content-encoding")).toBe(headers["content-encoding"] ?? null);
    expect(answer.headers.get("etag")).toBe('"v1"');
  });

  test("responses that the client does not accept compressed; Vary is set all the same", async () => {
    await using upstream = startUpstream(() => new Response(text, { headers: { ...json, vary: "Origin" } }));
    await using gateway = await startGatewayTo(upstream.url, { policies: policies({ encodings: ["gzip"] }) });
    const { answer, bytes } = await ask(gateway.url, "br");
    expect(Buffer.from(bytes).toString()).toBe(text);
    expect(answer.headers.get("vary")).toBe("Origin, Accept-Encoding");
  });

  test("incompressible bytes, even of a compressible type", async () => {
    const noise = crypto.getRandomValues(new Uint8Array(5000));
    await using upstream = startUpstream(
      () => new Response(noise, { headers: { "content-type": "text/plain" } }),
    );
    await using gateway = await startGatewayTo(upstream.url, { policies: policies() });
    const { bytes, coding } = await ask(gateway.url, "gzip");
    expect([coding, Buffer.compare(bytes, noise)]).toEqual([null, 0]);
  });

  test("the headers of a response to HEAD", async () => {
    await using upstream = startUpstream(() => new Response(text, { headers: { ...json, etag: '"v1"' } }));
    await using gateway = await startGatewayTo(upstream.url, { policies: policies() });
    const { coding, bytes, answer } = await ask(gateway.url, "gzip", { method: "HEAD" });
    expect([coding, bytes.byteLength]).toEqual([null, 0]);
    // nor does it declare bytes that a GET would not have
    expect([answer.headers.get("content-length"), answer.headers.get("etag")]).toEqual([null, 'W/"v1"']);
    const plain = await ask(gateway.url, "identity", { method: "HEAD" });
    expect([plain.answer.headers.get("content-length"), plain.answer.headers.get("etag")]).toEqual([
      String(text.length),
      '"v1"',
    ]);
  });

  test.each([
    ["what its head says is smaller than is worth it", "", { bytesMin: 1_000_000 }],
    [
      "what must not be transformed, whichever of several fields says so",
      "Cache-Control: no-transform\r\n",
      {},
    ],
  ])("%s", async (_name, fields, more) => {
    const body = text.repeat(20);
    await using upstream = await startRawUpstream((socket) => {
      const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: max-age=1\r\n${fields}`;
      socket.write(`${head}Content-Length: ${body.length}\r\n\r\n`);
      setTimeout(() => socket.write(body), 5);
    });
    await using gateway = await startGatewayTo(upstream.url, { policies: policies(more) });
    const { coding, bytes } = await ask(gateway.url, "gzip");
    expect([coding, Buffer.from(bytes).toString() === body]).toEqual([null, true]);
  });
});

test("a client that disconnects from a compressed stream cancels the service's response", async () => {
  const left = Promise.withResolvers<void>();
  await using upstream = startUpstream(
    () =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            controller.enqueue(Buffer.from(crypto.getRandomValues(new Uint8Array(20_000)).toHex()));
            await Bun.sleep(1);
          },
          cancel: () => left.resolve(),
        }),
        { headers: json },
      ),
  );
  await using gateway = await startGatewayTo(upstream.url, { policies: policies() });
  const leaving = new AbortController();
  const answer = await fetch(gateway.url, { headers: { "accept-encoding": "gzip" }, signal: leaving.signal });
  await answer.body?.getReader().read();
  leaving.abort();
  await left.promise;
});

test("a stream that breaks off breaks off for the client, too", async () => {
  await using upstream = startUpstream(
    () =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            controller.enqueue(Buffer.from(text));
            await Bun.sleep(1);
            controller.error(new Error("broken"));
          },
        }),
        { headers: json },
      ),
  );
  await using gateway = await startGatewayTo(upstream.url, { policies: policies() });
  const read = fetch(gateway.url, { headers: { "accept-encoding": "br" } }).then((answer) => answer.text());
  await expect(read).rejects.toThrow();
});

test("a cache stores the compressed response, one per coding", async () => {
  await using upstream = startUpstream(
    () => new Response(text, { headers: { ...json, etag: '"v1"', "cache-control": "max-age=60" } }),
  );
  await using gateway = await startGatewayTo(upstream.url, { policies: [...policies(), { type: "cache" }] });
  for (const coding of ["br", "gzip", "br", "gzip"] as const) {
    const { bytes, coding: used } = await ask(gateway.url, coding);
    expect([used, decoders[coding](bytes).toString() === text]).toEqual([coding, true]);
  }
  expect(upstream.seen.all).toHaveLength(2);
  expect((await ask(gateway.url, "br", { headers: { "if-none-match": '"v1"' } })).answer.status).toBe(304);
});

test("a 304 has the ETag and Vary of the compressed response", async () => {
  await using upstream = startUpstream((request) =>
    request.headers.has("if-none-match")
      ? new Response(null, { status: 304, headers: { etag: '"v1"' } })
      : new Response(text, { headers: { ...json, etag: '"v1"' } }),
  );
  await using gateway = await startGatewayTo(upstream.url, { policies: policies() });
  const headOf = async (headers: Readonly<Record<string, string>>) => {
    const { answer } = await ask(gateway.url, "br", { headers });
    return [answer.status, answer.headers.get("etag"), answer.headers.get("vary")];
  };
  expect(await headOf({})).toEqual([200, 'W/"v1"', "Accept-Encoding"]);
  expect(await headOf({ "if-none-match": '"v0", W/"v1"' })).toEqual([304, 'W/"v1"', "Accept-Encoding"]);
  // it was not compressed: this client has the service's own bytes
  expect(await headOf({ "if-none-match": '"v1"' })).toEqual([304, '"v1"', null]);
});
