import { describe, expect, test } from "bun:test";
import { freePort, startOtlpCollector } from "@libs/testing";
import { type ExportResult, sendExport } from "./otlp-exporter.ts";

const body = JSON.stringify({ resourceSpans: [] });
const endless = new AbortController().signal;

const send = (url: string, signal = endless, timeoutMs = 1000): Promise<ExportResult> =>
  sendExport(
    { url: `${url}/v1/traces`, headers: { "x-key": "k" }, timeoutMs, backoffMs: 1 },
    body,
    5,
    signal,
  );

/** A collector that answers each export by the next of these. */
function collectorOf(...answers: readonly (() => Response)[]) {
  let asked = 0;
  return startOtlpCollector(() => (answers[asked++] ?? (() => Response.json({})))());
}

const busy = (): Response => new Response("", { status: 503, headers: { "retry-after": "0" } });

describe("an export", () => {
  test("that is accepted loses nothing", async () => {
    await using collector = collectorOf();
    expect(await send(collector.url)).toEqual({ lost: 0, error: null });
    expect(collector.exports.all[0]?.headers.get("x-key")).toBe("k");
  });

  test("is repeated after Retry-After if the collector is busy", async () => {
    await using collector = collectorOf(busy, busy);
    expect((await send(collector.url)).lost).toBe(0);
    expect(collector.exports.all).toHaveLength(3);
  });

  test("is dropped after three attempts", async () => {
    await using collector = collectorOf(busy, busy, busy, busy);
    const { lost, error } = await send(collector.url);
    expect([lost, error?.message]).toEqual([5, "the collector answered 503"]);
    expect(collector.exports.all).toHaveLength(3);
  });

  test("is not repeated after a permanent refusal, and follows no redirect", async () => {
    for (const status of [400, 401, 413, 500]) {
      await using collector = collectorOf(() => new Response("", { status }));
      expect((await send(collector.url)).lost).toBe(5);
      expect(collector.exports.all).toHaveLength(1);
    }
    await using elsewhere = collectorOf();
    await using collector = collectorOf(
      ...Array.from({ length: 3 }, () => () => Response.redirect(elsewhere.url, 307)),
    );
    expect((await send(collector.url)).lost).toBe(5);
    expect(elsewhere.exports.all).toHaveLength(0);
  });

  test("that is partially accepted counts the rejected spans as lost", async () => {
    await using collector = collectorOf(() =>
      Response.json({ partialSuccess: { rejectedSpans: "2", errorMessage: "too old" } }),
    );
    const { lost, error } = await send(collector.url);
    expect([lost, error?.message]).toEqual([2, "the collector refused 2 spans"]);
  });

  test("ends at the timeout with a silent collector, and after its attempts with an unreachable one", async () => {
    const { promise: never } = Promise.withResolvers<Response>();
    await using collector = startOtlpCollector(() => never);
    expect((await send(collector.url, endless, 20)).lost).toBe(5);
    expect((await send(`http://127.0.0.1:${await freePort()}`)).lost).toBe(5);
  });

  test("ends at once when its signal aborts, while waiting or sending", async () => {
    const slow = (): Response => new Response("", { status: 429, headers: { "retry-after": "3600" } });
    const closing = new AbortController();
    await using collector = startOtlpCollector(() => {
      closing.abort();
      return slow();
    });
    expect((await send(collector.url, closing.signal)).lost).toBe(5);
    expect((await send(collector.url, closing.signal)).error?.message).toBe("the tracer was closed");
    expect(collector.exports.all).toHaveLength(1);
  });
});
