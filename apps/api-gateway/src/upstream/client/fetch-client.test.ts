import { describe, expect, test } from "bun:test";
import { startRawUpstream } from "../../../test/support/upstreams/start-raw-upstream.ts";
import { startSniRecorder } from "../../../test/support/upstreams/start-sni-recorder.ts";
import { HeaderList } from "../../model/http/header-list.ts";
import type { UpstreamRequest, UpstreamTarget, UpstreamTimeouts } from "../../model/upstream/upstream.ts";
import { failureOf, patientTimeouts, targetOf, textOf } from "./client-test-support.ts";
import { createFetchClient } from "./fetch-client.ts";
import { describeUpstreamClient } from "./upstream-client.contract.ts";

describeUpstreamClient("the client on fetch", createFetchClient);

function send(
  to: string | UpstreamTarget,
  timeouts: Partial<UpstreamTimeouts>,
  body: UpstreamRequest["body"] = null,
  signal = new AbortController().signal,
) {
  const target = typeof to === "string" ? targetOf(to) : to;
  const request = {
    method: body === null ? "GET" : "POST",
    path: "/",
    headers: new HeaderList(),
    body,
    contentLength: null,
  };
  return createFetchClient().send(target, request, { ...patientTimeouts, ...timeouts }, { signal });
}

test("the fetch client asks for a discovered target by its name, also where nothing is said of TLS", async () => {
  await using recorder = await startSniRecorder("service.test");
  const target = { ...recorder.target, serverName: "service.test" };
  expect((await failureOf(send(target, {}))).kind).toBe("tls");
  // one probe, and the request
  expect(recorder.asked).toEqual(["service.test", "service.test"]);
});

test("the fetch client sends nothing for a client that left while it connected", async () => {
  await using upstream = await startRawUpstream((socket) => socket.write("HTTP/1.1 204 No Content\r\n\r\n"));
  const controller = new AbortController();
  const call = send(upstream.url, {}, null, controller.signal);
  controller.abort();
  expect(await failureOf(call)).toMatchObject({ kind: "aborted", sent: "none" });
  expect(upstream.heads.all).toEqual([]);
});

describe("the fetch client ends with idle-timeout", () => {
  test("a response that stalls, buffered or streamed", async () => {
    for (const length of [100, 99_999]) {
      await using upstream = await startRawUpstream((socket) =>
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\nfirst`),
      );
      const call = send(upstream.url, { idleMs: 50 }).then(({ body }) => textOf(body));
      expect((await failureOf(call)).kind).toBe("idle-timeout");
      await upstream.closed.next();
    }
  });

  test("a request body that its target stops reading", async () => {
    await using upstream = await startRawUpstream((socket) => socket.pause());
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    });
    expect((await failureOf(send(upstream.url, { idleMs: 200 }, body))).kind).toBe("idle-timeout");
  });
});

test("the fetch client does not limit a moving request body, and measures the first byte from its end", async () => {
  await using upstream = await startRawUpstream(() => undefined);
  let left = 10;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await Bun.sleep(20);
      left -= 1;
      if (left < 0) controller.close();
      else controller.enqueue(new Uint8Array(10));
    },
  });
  const failure = await failureOf(send(upstream.url, { connectMs: 40, firstByteMs: 40, idleMs: 5000 }, body));
  expect([failure.kind, left]).toEqual(["first-byte-timeout", -1]);
});
