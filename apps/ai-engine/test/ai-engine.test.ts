import { afterEach, describe, expect, test } from "bun:test";
import type { App } from "@libs/elysia-server";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { createEventLog } from "@libs/testing";
import OpenAI from "openai";
import { createAiEngine } from "../src/create-ai-engine.ts";
import { createAnthropicProvider } from "../src/providers/anthropic-provider.ts";
import { createOpenAiProvider } from "../src/providers/openai-provider.ts";
import type { ChatProvider } from "../src/providers/provider.ts";

const request = {
  cart: {
    cartId: "c-1",
    currency: "EUR",
    valueMinor: 3998,
    items: [{ sku: "A-1", name: "Mug", quantity: 2, priceMinor: 1999 }],
  },
  shopper: { name: "Ada" },
  incentive: { maxPercentOff: 10 },
};

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(providers: readonly ChatProvider[], chain = {}): Promise<string> {
  const app: App = createAiEngine(
    { port: 0, hostname: "127.0.0.1", version: "test", chain },
    {
      providers,
      logger: createMemoryLogger().logger,
      metrics: createMetrics({ service: "ai-engine", processMetrics: false }),
    },
  );
  await app.start();
  closing.push(() => app.stop());
  return app.address?.url ?? "";
}

/** A server that speaks OpenAI's wire format and streams these pieces. */
function openAiServer(
  pieces: readonly string[],
  options: { readonly status?: number; readonly onAbort?: () => void; readonly hangs?: boolean } = {},
): ChatProvider {
  const server = Bun.serve({
    port: 0,
    fetch(incoming) {
      if (options.status !== undefined)
        return Response.json({ error: { message: "key sk-secret is wrong" } }, { status: options.status });
      incoming.signal.addEventListener("abort", () => options.onAbort?.());
      const chunk = (value: object) =>
        `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "m", ...value })}\n\n`;
      const body = new ReadableStream({
        async start(controller) {
          for (const content of pieces)
            controller.enqueue(chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }));
          if (options.hangs === true) return;
          controller.enqueue(
            chunk({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } }),
          );
          controller.enqueue("data: [DONE]\n\n");
          controller.close();
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
  });
  closing.push(() => server.stop(true));
  return createOpenAiProvider({
    name: "fake",
    baseUrl: `http://127.0.0.1:${server.port}/v1`,
    apiKey: "k",
    model: "fake-1",
  });
}

function anthropicServer(pieces: readonly string[]): ChatProvider {
  const server = Bun.serve({
    port: 0,
    fetch() {
      const event = (type: string, value: object) =>
        `event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n`;
      const text = [
        event("message_start", {
          message: {
            id: "m",
            type: "message",
            role: "assistant",
            content: [],
            model: "claude",
            usage: { input_tokens: 5, output_tokens: 0 },
          },
        }),
        event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
        ...pieces.map((piece) =>
          event("content_block_delta", { index: 0, delta: { type: "text_delta", text: piece } }),
        ),
        event("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9 } }),
        event("message_stop", {}),
      ].join("");
      return new Response(text, { headers: { "content-type": "text/event-stream" } });
    },
  });
  closing.push(() => server.stop(true));
  return createAnthropicProvider({
    name: "anthropic",
    apiKey: "k",
    model: "claude",
    baseUrl: `http://127.0.0.1:${server.port}`,
  });
}

async function message(
  url: string,
  body: object = request,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(`${url}/recovery-message`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("POST /recovery-message", () => {
  test("without a provider it is a template and says so", async () => {
    const { body } = await message(await start([]));
    expect(body).toMatchObject({
      provider: "template",
      model: null,
      offer: { percentOff: 10 },
      usage: { inputTokens: 0 },
    });
    expect(body["body"]).toContain("2 × Mug");
    expect(body["body"]).toContain("10% off");
  });

  test("a model's words are used, with their tokens counted", async () => {
    const url = await start([
      openAiServer(["Subject: Hi Ada\n\nYour mug ", "is waiting for you. Take 10% off", " now."]),
    ]);
    expect((await message(url)).body).toMatchObject({
      subject: "Hi Ada",
      body: "Your mug is waiting for you. Take 10% off now.",
      provider: "fake",
      model: "fake-1",
      usage: { inputTokens: 11, outputTokens: 7 },
    });
  });

  test("Anthropic's wire format is understood as well", async () => {
    const url = await start([
      anthropicServer(["Subject: Hi\n\nYour mug is still here, ", "waiting for you."]),
    ]);
    expect((await message(url)).body).toMatchObject({
      provider: "anthropic",
      body: "Your mug is still here, waiting for you.",
      usage: { inputTokens: 5, outputTokens: 9 },
    });
  });

  test("a sentence that promises more than the limits reaches nobody", async () => {
    const url = await start([
      openAiServer([
        "Subject: 50% off!\n\nYour mug is waiting right here. Take 5",
        "0% off today! Free shipping too. See you soon in the shop.",
      ]),
    ]);
    const { body } = await message(url);
    expect(body["body"]).toBe("Your mug is waiting right here. See you soon in the shop.");
    expect(body["subject"]).not.toContain("50");
  });

  test("where too little of a model's words may be said, the template is sent", async () => {
    const url = await start([openAiServer(["Subject: Hi\n\nTake 90% off everything today."])]);
    expect((await message(url)).body).toMatchObject({ provider: "template" });
  });

  test("a provider that fails makes way for the next, and its error is told to nobody", async () => {
    const url = await start([
      openAiServer([], { status: 401 }),
      openAiServer(["Subject: Hi\n\nYour mug is waiting for you here."]),
    ]);
    const { body } = await message(url);
    expect(body).toMatchObject({ provider: "fake" });
    expect(JSON.stringify(body)).not.toContain("sk-secret");
  });

  test("streamed, the pieces are the message and come before it is whole", async () => {
    const url = await start([
      openAiServer(["Subject: Hi\n\nYour mug is waiting for you. ", "Take 99% off! ", "See you soon."]),
    ]);
    const response = await fetch(`${url}/recovery-message`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify(request),
    });
    const events = [...(await response.text()).matchAll(/event: (\w+)\ndata: (.+)\n/g)].map(
      ([, event, data = ""]) => [event, JSON.parse(data)],
    );
    const deltas = events.filter(([event]) => event === "delta").map(([, data]) => data.text);
    expect(deltas.join("")).toBe("Your mug is waiting for you. See you soon.");
    expect(events.at(-1)).toMatchObject(["done", { body: "Your mug is waiting for you. See you soon." }]);
  });

  test("a reader who leaves ends the call of the provider", async () => {
    const aborted = createEventLog<true>();
    const url = await start([
      openAiServer(["Subject: Hi\n\nYour mug is waiting. And "], {
        hangs: true,
        onAbort: () => aborted.push(true),
      }),
    ]);
    const reader = new AbortController();
    const response = await fetch(`${url}/recovery-message`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify(request),
      signal: reader.signal,
    });
    await response.body?.getReader().read();
    reader.abort();
    await aborted.atLeast(1);
  });

  test("a cart that is none is refused with the place that is wrong", async () => {
    const { status, body } = await message(await start([]), { cart: { ...request.cart, items: [] } });
    expect(status).toBe(422);
    expect(JSON.stringify(body)).toContain("/cart/items");
  });
});

describe("POST /v1/chat/completions", () => {
  const client = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0 });
  const ask = { model: "fake-1", messages: [{ role: "user" as const, content: "hello" }] };

  test("an OpenAI client gets an answer, whole and streamed", async () => {
    const openai = client(await start([openAiServer(["Hel", "lo"])]));
    const whole = await openai.chat.completions.create(ask);
    expect(whole.choices[0]?.message.content).toBe("Hello");
    expect(whole.usage?.total_tokens).toBe(18);
    let text = "";
    for await (const chunk of await openai.chat.completions.create({ ...ask, stream: true }))
      text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe("Hello");
    expect((await openai.models.list()).data.map((model) => model.id)).toEqual(["fake-1"]);
  });

  test("without a provider, and where all fail, it is an error in the envelope", async () => {
    for (const providers of [[], [openAiServer([], { status: 500 })]]) {
      const response = await fetch(`${await start(providers)}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(ask),
      });
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({ error: { code: "provider_unavailable" } });
    }
  });
});
