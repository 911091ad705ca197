import { describe, expect, test } from "bun:test";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { createEventLog, createManualClock } from "@libs/testing";
import { anthropicServer, type ModelServer, openAiServer } from "../../test/support/model-servers.ts";
import { createAiMetrics } from "../ai-metrics.ts";
import type { ChatProvider, ChatRequest } from "./provider.ts";
import { chainDefaults, type ChainOptions, ProviderChain } from "./provider-chain.ts";

const request: ChatRequest = { messages: [{ role: "user", content: "hello" }], maxTokens: 10 };
const alone = new AbortController().signal;
const clock = createManualClock(0);
const times = { firstTextMs: 2000, totalMs: 4000, failuresMax: 2, openMs: 1000, openMsMax: 4000 };

function chainOf(servers: readonly ModelServer[], options: Partial<ChainOptions> = {}) {
  return chain(
    servers.map(({ provider }) => provider),
    options,
  );
}

function chain(providers: readonly ChatProvider[], options: Partial<ChainOptions> = {}) {
  const metrics = createMetrics({ service: "ai-engine", processMetrics: false });
  const made = new ProviderChain(
    providers,
    { logger: createMemoryLogger().logger, metrics: createAiMetrics(metrics), now: clock.now },
    { ...chainDefaults, ...times, ...options },
  );
  return { chain: made, metrics };
}

async function read(chain: ProviderChain, signal = alone, asked = request): Promise<string> {
  const { provider, chunks } = await chain.answer(asked, signal);
  let text = "";
  for await (const chunk of chunks) if (chunk.type === "text") text += chunk.text;
  return `${provider.name}: ${text}`;
}

describe("the provider chain", () => {
  test("falls back to the next provider on any failure", async () => {
    using refusing = openAiServer([[]], { name: "a", status: 500 });
    using gone = openAiServer([["never"]], { name: "b" });
    gone[Symbol.dispose]();
    using last = anthropicServer([["hi"]], { name: "c" });
    const { chain, metrics } = chainOf([refusing, gone, last]);
    expect(await read(chain)).toBe("c: hi");
    const text = await metrics.render();
    for (const name of ["a", "b"])
      expect(text).toContain(`cartway_ai_calls_total{provider="${name}",outcome="failed"} 1`);
    expect(text).toContain('cartway_ai_tokens_total{provider="c",direction="output"} 9');
  });

  test("cancels a silent provider and asks the next one", async () => {
    const aborted = createEventLog<true>();
    using silent = openAiServer([[]], { name: "a", hangs: true, onAbort: () => aborted.push(true) });
    using next = openAiServer([["hi"]], { name: "b" });
    const { chain } = chainOf([silent, next], { firstTextMs: 1000 });
    expect(await read(chain)).toBe("b: hi");
    await aborted.atLeast(1);
  });

  test("cancels an endless answer and discards it", async () => {
    const signals: AbortSignal[] = [];
    const endless: ChatProvider = {
      name: "a",
      model: "m",
      async *stream(_request, signal) {
        signals.push(signal);
        for (let piece = 0; piece < 1000; piece += 1) yield { type: "text", text: "x".repeat(10_000) };
        yield { type: "end", reason: "stop" };
      },
    };
    await expect(read(chain([endless]).chain)).rejects.toMatchObject({ code: "upstream_invalid" });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test("treats an empty answer as a failure", async () => {
    using empty = openAiServer([[]], { name: "a" });
    using next = openAiServer([["hi"]], { name: "b" });
    expect(await read(chainOf([empty, next]).chain)).toBe("b: hi");
  });

  test("ends in provider_unavailable if all fail", async () => {
    using broken = openAiServer([[]], { status: 503 });
    await expect(read(chainOf([broken]).chain)).rejects.toMatchObject({ code: "provider_unavailable" });
  });

  test("blames the caller for a request that every provider refuses, and no provider", async () => {
    using strict = openAiServer([[]], { name: "a", status: 400 });
    const { chain } = chainOf([strict], { failuresMax: 1 });
    for (let call = 0; call < 3; call += 1)
      await expect(read(chain)).rejects.toMatchObject({ code: "bad_request" });
    expect(strict.calls()).toBe(3);
  });

  test("asks only providers of the requested model", async () => {
    using first = openAiServer([["one"]], { name: "a", model: "m1" });
    using second = openAiServer([["two"]], { name: "b", model: "m2" });
    const { chain } = chainOf([first, second]);
    expect(await read(chain, alone, { ...request, model: "m2" })).toBe("b: two");
    expect(first.calls()).toBe(0);
  });

  test("cancels the call if the caller leaves before the first text, and asks no other provider", async () => {
    const asked = createEventLog<true>();
    const aborted = createEventLog<true>();
    using silent = openAiServer([[]], {
      hangs: true,
      onRequest: () => asked.push(true),
      onAbort: () => aborted.push(true),
    });
    using next = openAiServer([["hi"]], { name: "b" });
    const leave = new AbortController();
    const { chain } = chainOf([silent, next]);
    const answer = read(chain, leave.signal);
    await asked.atLeast(1);
    leave.abort(new Error("left"));
    await expect(answer).rejects.toThrow("left");
    await aborted.atLeast(1);
    expect(next.calls()).toBe(0);
  });
});

describe("an answer is complete only if the model reported its end", () => {
  test("one that breaks off rejects with upstream_reset", async () => {
    for (const server of [
      openAiServer([["Hel"]], { breaksOff: true }),
      anthropicServer([["Hel"]], { breaksOff: true }),
    ]) {
      using model = server;
      await expect(read(chainOf([model]).chain)).rejects.toMatchObject({ code: "upstream_reset" });
    }
  });

  test("one that exceeds its total time rejects with upstream_timeout", async () => {
    for (const server of [
      openAiServer([["Hel"]], { hangs: true }),
      anthropicServer([["Hel"]], { hangs: true }),
    ]) {
      using model = server;
      const { chain, metrics } = chainOf([model], { totalMs: 1000 });
      await expect(read(chain)).rejects.toMatchObject({ code: "upstream_timeout" });
      expect(await metrics.render()).toContain('outcome="broke_off"} 1');
    }
  });

  test("a provider that ignores the signal cannot delay the rejection", async () => {
    const deaf: ChatProvider = {
      name: "deaf",
      model: "m",
      async *stream() {
        yield { type: "text", text: "Hel" };
        await new Promise(() => undefined);
      },
    };
    await expect(read(chain([deaf], { totalMs: 500 }).chain)).rejects.toMatchObject({
      code: "upstream_timeout",
    });
  });
});

describe("a provider's circuit breaker", () => {
  test("skips a failing provider, probes it later, and closes when it answers", async () => {
    using flaky = openAiServer([[]], { name: "a", status: 500 });
    using steady = openAiServer([["hi"]], { name: "b" });
    const { chain, metrics } = chainOf([flaky, steady]);
    for (let call = 0; call < 5; call += 1) expect(await read(chain)).toBe("b: hi");
    expect(flaky.calls()).toBe(2);
    expect(await metrics.render()).toContain('cartway_ai_breaker_open{provider="a"} 1');

    await clock.advance(1000);
    expect(await read(chain)).toBe("b: hi");
    expect(flaky.calls()).toBe(3);
    await clock.advance(1000);
    expect(await read(chain)).toBe("b: hi");
    expect(flaky.calls()).toBe(3);

    await clock.advance(1000);
    flaky.answer(["back"]);
    expect(await read(chain)).toBe("a: back");
    expect(await read(chain)).toBe("a: back");
    expect(await metrics.render()).toContain('cartway_ai_breaker_open{provider="a"} 0');
  });

  test("counts answers that break off", async () => {
    using flaky = openAiServer([["Hel"]], { name: "a", breaksOff: true });
    const { chain } = chainOf([flaky]);
    for (let call = 0; call < 2; call += 1)
      await expect(read(chain)).rejects.toMatchObject({ code: "upstream_reset" });
    await expect(read(chain)).rejects.toMatchObject({ code: "provider_unavailable", retryAfterSeconds: 1 });
    expect(flaky.calls()).toBe(2);
  });

  test("does not count readers who disconnect", async () => {
    using model = openAiServer([["Hel", "lo"]], { name: "a", hangs: true });
    const { chain } = chainOf([model], { failuresMax: 1 });
    for (let call = 0; call < 3; call += 1) {
      const { chunks } = await chain.answer(request, alone);
      for await (const chunk of chunks) if (chunk.type === "text") break;
    }
    expect(model.calls()).toBe(3);
  });
});
