import { describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { RawClient } from "../../test/raw-client.ts";
import { startHttp1 } from "../../test/start-http1.ts";
import { WireResponse } from "../wire-response.ts";

/** More than the system takes of it before its client reads. */
const large = new Uint8Array(30_000_000).fill(65);
const get = (more = ""): string => `GET / HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const answerLarge = (): WireResponse => new WireResponse(200, [], large);

describe("a client that reads its response slowly", () => {
  test("receives all of it, however long it takes, as long as it keeps reading", async () => {
    await using started = startHttp1(answerLarge, { idleTimeoutSeconds: 0.5 });
    using client = new RawClient(started.port);
    await client.write(get());
    while (!client.isClosed && client.said.length < large.length) {
      client.socket.resume();
      await Bun.sleep(5);
      client.socket.pause();
      await Bun.sleep(300);
    }
    expect([client.said.length > large.length, started.troubles]).toEqual([true, []]);
  }, 30_000);

  test("keeps a stopping listener open until it has read it, and no longer", async () => {
    await using started = startHttp1(answerLarge);
    using client = new RawClient(started.port);
    await client.write(get());
    await client.until("AAA");
    client.socket.pause();
    const stopped = started.server.stop();
    client.socket.resume();
    await stopped;
    await client.closed();
    expect(client.said.length).toBeGreaterThan(large.length);
  });

  test.each([
    ["that others can follow", ""],
    ["that is the last", "Connection: close\r\n"],
  ])("receives a response %s even if it has half-closed", async (_, more) => {
    await using started = startHttp1(answerLarge);
    using client = new RawClient(started.port, true);
    await client.write(get(more));
    await client.until("AAA");
    client.socket.end();
    await client.closed();
    expect([client.said.length > large.length, client.wasReset]).toEqual([true, false]);
  });
});

test("the last response reaches a client that sends another request before it has read it", async () => {
  // the system takes all of it before the client reads
  const body = new Uint8Array(1_500_000).fill(65);
  await using started = startHttp1(() => new WireResponse(200, ["Connection", "close"], body));
  using client = new RawClient(started.port);
  await client.write(get());
  await client.until("AAA");
  client.socket.pause();
  await client.write(get());
  await client.write(get());
  // the system would have reset the connection by now
  await Bun.sleep(20);
  client.socket.resume();
  await client.closed();
  expect([client.said.length > body.length, client.wasReset]).toEqual([true, false]);
});

test("a response begun before the listener stops ends its connection", async () => {
  const gate = Promise.withResolvers<void>();
  await using started = startHttp1(() => {
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(Buffer.from("one"));
        await gate.promise;
        controller.enqueue(Buffer.from("two"));
        controller.close();
      },
    });
    return new WireResponse(200, [], body);
  });
  using client = new RawClient(started.port);
  await client.write(get());
  await client.until("one");
  const stopped = started.server.stop();
  gate.resolve();
  await stopped;
  expect(await client.closed()).toEndWith("two\r\n0\r\n\r\n");
});

test("a client that is gone when its request is read has no address, and causes no error", async () => {
  const seen: unknown[] = [];
  await using started = startHttp1(({ origin }) => {
    seen.push(origin?.peer?.address);
    return new WireResponse(200, [], "answered");
  });
  for (let index = 0; index < 20; index += 1) {
    const client = new RawClient(started.port);
    await client.write(get());
    client.socket.resetAndDestroy();
  }
  await waitUntil(() => seen.length === 20, { what: "all requests" });
  expect([started.errors, seen.includes(undefined)]).toEqual([[], true]);
});
