import { describe, expect, test } from "bun:test";
import { RawClient } from "../../test/raw-client.ts";
import { startHttp1 } from "../../test/start-http1.ts";
import { WireResponse } from "../wire-response.ts";
import type { WireRequest } from "./wire-request.ts";

const post = (framing: string, body = ""): string =>
  `POST /x HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n${body}`;
const whole = async (request: WireRequest): Promise<WireResponse> =>
  new WireResponse(200, [], await request.text());
const streamed = async (request: WireRequest): Promise<WireResponse> =>
  new WireResponse(200, [], await new Response(request.body).text());

describe.each([
  ["read whole", whole],
  ["read as a stream", streamed],
])("a body %s", (_name, handle) => {
  test.each([
    ["with its length", "Content-Length: 5", "hello"],
    ["in chunks", "Transfer-Encoding: chunked", "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n"],
    ["of no bytes", "Content-Length: 0", ""],
    ["of no chunks", "Transfer-Encoding: chunked", "0\r\n\r\n"],
  ])("%s is the same however it is split", async (_, framing, body) => {
    await using started = startHttp1(handle);
    const expected = body === "" || body.startsWith("0") ? "" : "hello";
    using atOnce = new RawClient(started.port);
    await atOnce.write(post(`${framing}\r\nConnection: close`, body));
    using bytewise = new RawClient(started.port);
    bytewise.socket.setNoDelay(true);
    for (const byte of post(`${framing}\r\nConnection: close`, body)) {
      await bytewise.write(byte);
      await Bun.sleep(0);
    }
    for (const client of [atOnce, bytewise]) expect(await client.closed()).toEndWith(`\r\n\r\n${expected}`);
  });

  test("ends as declared, and the next request begins there", async () => {
    await using started = startHttp1(handle);
    using client = new RawClient(started.port);
    const second = post("Content-Length: 2\r\nConnection: close", "no");
    await client.write(
      post("Transfer-Encoding: chunked", "3\r\nyes\r\n0\r\n\r\n") + post("Content-Length: 1", "1") + second,
    );
    expect((await client.closed()).match(/(?<=\r\n\r\n)(?:yes|1|no)/g)).toEqual(["yes", "1", "no"]);
  });

  test("that is malformed is refused, and fails its reader", async () => {
    await using started = startHttp1(handle);
    using client = new RawClient(started.port);
    await client.write(post("Transfer-Encoding: chunked", "3\r\nyes\r\n"));
    await Bun.sleep(5);
    await client.write("z\r\n");
    expect(await client.closed()).toMatch(/^HTTP\/1.1 400 [^]*\r\nconnection: close\r\n[^]*bad_request$/);
    expect(started.server.pendingRequests).toBe(0);
  });

  test("that breaks off fails its reader", async () => {
    const failed = Promise.withResolvers<unknown>();
    await using started = startHttp1(async (request) => {
      try {
        return await handle(request);
      } catch (thrown) {
        failed.resolve(thrown);
        throw thrown;
      }
    });
    const client = new RawClient(started.port);
    await client.write(post("Content-Length: 10", "hello"));
    await Bun.sleep(5);
    client.socket.destroy();
    expect(await failed.promise).toMatchObject({ code: "request_timeout", internal: "the client left" });
  });

  test("fails its reader once the request is answered without it", async () => {
    const read = Promise.withResolvers<unknown>();
    await using started = startHttp1((request) => {
      handle(request).then(read.resolve, read.resolve);
      return new WireResponse(200, [], "early");
    });
    using client = new RawClient(started.port);
    await client.write(post("Content-Length: 10", "hello"));
    await client.until("early");
    expect(await read.promise).toMatchObject({
      internal: "the request was answered before its body had arrived",
    });
  });

  test("larger than allowed is refused while it arrives", async () => {
    await using started = startHttp1(handle, { bodyBytesMax: 100 });
    using client = new RawClient(started.port);
    await client.write(post("Transfer-Encoding: chunked", `40\r\n${"x".repeat(64)}\r\n`));
    await Bun.sleep(5);
    await client.write(`40\r\n${"x".repeat(64)}\r\n`);
    expect(await client.closed()).toMatch(/^HTTP\/1.1 413 [^]*payload_too_large$/);
  });

  test("with Expect: 100-continue is requested once", async () => {
    await using started = startHttp1(handle);
    using client = new RawClient(started.port);
    await client.write(post("Expect: 100-continue\r\nContent-Length: 5\r\nConnection: close"));
    expect(await client.until("Continue\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    await client.write("he");
    await client.write("llo");
    expect((await client.closed()).match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 100", "HTTP/1.1 200"]);
  });

  test("that was requested and does not arrive is answered 408, and one not yet requested is not late", async () => {
    const asking = Promise.withResolvers<void>();
    await using started = startHttp1(
      async (request) => {
        if (request.url.endsWith("/later")) await asking.promise;
        return handle(request);
      },
      { idleTimeoutSeconds: 0.5 },
    );
    using later = new RawClient(started.port);
    const expecting = post("Expect: 100-continue\r\nContent-Length: 5\r\nConnection: close");
    await later.write(expecting.replace(" /x ", " /later "));
    using asked = new RawClient(started.port);
    await asked.write(post("Expect: 100-continue\r\nContent-Length: 5"));
    expect(await asked.until("request_timeout")).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 408 /);
    // As late as the other was, and not to blame.
    expect([later.said, started.troubles]).toEqual(["", ["late-body"]]);
    asking.resolve();
    await later.until("Continue");
    await later.write("hello");
    expect(await later.closed()).toContain("HTTP/1.1 200 ");
  });

  test("that arrives before it was requested is late once it stalls", async () => {
    await using started = startHttp1(handle, { idleTimeoutSeconds: 0.5 });
    using client = new RawClient(started.port);
    await client.write(post("Expect: 100-continue\r\nContent-Length: 5", "he"));
    expect(await client.until("request_timeout")).toStartWith("HTTP/1.1 408 ");
  });
});

describe("a body", () => {
  test.each(["GET /admin HTTP/1.1\r\nHost: a", " folded: x", "no colon", "a b: c"])(
    "with malformed trailers is refused: %j",
    async (lines) => {
      await using started = startHttp1(whole);
      using client = new RawClient(started.port);
      await client.write(post("Transfer-Encoding: chunked", `1\r\nx\r\n0\r\n${lines}\r\n\r\n`));
      expect(await client.closed()).toMatch(/^HTTP\/1.1 400 [^]*bad_request$/);
    },
  );

  test("declared larger than allowed is refused before its first byte, and the response can be read", async () => {
    let asked = 0;
    await using started = startHttp1(() => new WireResponse(200, [], String((asked += 1))), {
      bodyBytesMax: 100,
    });
    using client = new RawClient(started.port);
    const sending = client.write(post("Content-Length: 50000000", "x".repeat(5_000_000)));
    expect(await client.until("payload_too_large")).toStartWith("HTTP/1.1 413 ");
    expect(asked).toBe(0);
    client.socket.end();
    await sending;
  });

  test("that stops coming once the answer has begun does not break the answer off", async () => {
    let parts = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await Bun.sleep(100);
        parts += 1;
        controller.enqueue(Buffer.from(`part ${parts}`));
        if (parts === 20) controller.close();
      },
    });
    await using started = startHttp1(() => new WireResponse(413, [], body), { idleTimeoutSeconds: 0.5 });
    using client = new RawClient(started.port);
    await client.write(post("Content-Length: 100", "half"));
    expect(await client.closed()).toContain("part 20");
    expect(started.troubles).toEqual([]);
  });

  test("without a reader slows its client down, and ends the connection after the response", async () => {
    const gate = Promise.withResolvers<void>();
    await using started = startHttp1(
      async () => {
        await gate.promise;
        return new WireResponse(200, [], "unread");
      },
      { bodyBytesMax: 1e9 },
    );
    using client = new RawClient(started.port);
    const sending = client.write(post("Content-Length: 100000000", "x".repeat(100_000_000)));
    expect(await Promise.race([sending.then(() => "taken"), Bun.sleep(200).then(() => "held back")])).toBe(
      "held back",
    );
    gate.resolve();
    expect(await client.until("unread")).toContain("\r\nconnection: close\r\n");
  });

  test("is received at the pace of its reader", async () => {
    const gate = Promise.withResolvers<void>();
    await using started = startHttp1(
      async (request) => {
        let bytes = 0;
        for await (const part of request.body ?? []) {
          await gate.promise;
          bytes += part.length;
        }
        return new WireResponse(200, [], String(bytes));
      },
      { bodyBytesMax: 1e9 },
    );
    using client = new RawClient(started.port);
    const sending = client.write(
      post("Content-Length: 50000000\r\nConnection: close", "x".repeat(50_000_000)),
    );
    expect(await Promise.race([sending.then(() => "taken"), Bun.sleep(200).then(() => "held back")])).toBe(
      "held back",
    );
    gate.resolve();
    expect(await client.closed()).toEndWith("\r\n\r\n50000000");
  });

  test("is available at once if it arrived with its head", async () => {
    let status = "";
    await using started = startHttp1((request) => {
      const reading = request.bytes();
      status = Bun.peek.status(reading);
      return reading.then((bytes) => new WireResponse(200, [], bytes));
    });
    using client = new RawClient(started.port);
    await client.write(post("Content-Length: 5\r\nConnection: close", "hello"));
    expect(await client.closed()).toEndWith("\r\n\r\nhello");
    expect(status).toBe("fulfilled");
  });

  test("can be read once", async () => {
    await using started = startHttp1(async (request) => {
      const first = await request.text();
      return request.text().then(
        () => new WireResponse(200, [], "twice"),
        () => new WireResponse(200, [], `${first}, once`),
      );
    });
    using client = new RawClient(started.port);
    await client.write(post("Content-Length: 5\r\nConnection: close", "hello"));
    expect(await client.closed()).toEndWith("\r\n\r\nhello, once");
  });

  test("that trickles in is answered 408, however often a byte of it comes", async () => {
    const bodyRate = () => ({ bytesPerSecMin: 1000, windowSeconds: 0.5 });
    await using started = startHttp1(whole, { bodyRate });
    using client = new RawClient(started.port);
    await client.write(post("Content-Length: 100000", "he"));
    const trickle = setInterval(() => void client.write("l"), 50);
    const answer = await client.until("request_timeout").finally(() => clearInterval(trickle));
    expect(answer).toStartWith("HTTP/1.1 408 ");
    expect(started.troubles).toEqual(["late-body"]);
  });

  test("that stalls is answered 408", async () => {
    await using started = startHttp1(whole, { idleTimeoutSeconds: 0.5 });
    using client = new RawClient(started.port);
    await client.write(post("Content-Length: 5", "he"));
    expect(await client.until("request_timeout")).toStartWith("HTTP/1.1 408 ");
    expect(started.troubles).toEqual(["late-body"]);
  });

  test.each([
    ["at once", false],
    ["later", true],
  ])("that was large and is complete does not hide its client's disconnect, read %s", async (_, isLate) => {
    const [read, left] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    await using started = startHttp1(async (request) => {
      request.signal.addEventListener("abort", () => left.resolve("left"));
      if (isLate) await Bun.sleep(20);
      await (isLate ? new Response(request.body).text() : request.bytes());
      read.resolve();
      await left.promise;
      return new WireResponse(200, [], "");
    });
    using client = new RawClient(started.port);
    await client.write(post("Content-Length: 70000", "x".repeat(70_000)));
    await read.promise;
    client.socket.destroy();
    expect(await left.promise).toBe("left");
  });

  test("in many small chunks that arrive together is one chunk for its reader", async () => {
    await using started = startHttp1(async (request) => {
      await Bun.sleep(20);
      let [pieces, bytes] = [0, 0];
      for await (const part of request.body ?? []) {
        pieces += 1;
        bytes += part.length;
      }
      return Response.json({ isSmall: pieces < 100, bytes });
    });
    using client = new RawClient(started.port);
    const chunks = `${"1\r\nx\r\n".repeat(10_000)}0\r\n\r\n`;
    await client.write(post("Transfer-Encoding: chunked\r\nConnection: close", chunks));
    expect(await client.closed()).toEndWith(JSON.stringify({ isSmall: true, bytes: 10_000 }));
  });

  test("that is incomplete cannot be followed by another protocol", async () => {
    await using started = startHttp1((request) => {
      const taken = request.origin?.takeOver(request, () => ({
        received: () => undefined,
        drained: () => undefined,
        closed: () => undefined,
      }));
      return new WireResponse(200, [], `taken: ${taken}`);
    });
    using client = new RawClient(started.port);
    await client.write(post("Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 10", "12345"));
    expect(await client.until("taken")).toEndWith("taken: false");
  });
});
