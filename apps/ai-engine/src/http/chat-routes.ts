import { CartwayError } from "@libs/errors";
import { type Static, Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia } from "elysia";
import type { ChatChunk, ChatRequest, TokenUsage } from "../providers/provider.ts";
import type { ChainAnswer, ProviderChain } from "../providers/provider-chain.ts";
import { eventStream } from "./event-stream.ts";

/** OpenAI's chat completions, as far as every provider can do it; further fields are let be. */
const ChatBody = Type.Object(
  {
    model: Type.Optional(Type.String({ maxLength: 128 })),
    messages: Type.Array(
      Type.Object(
        {
          role: Type.Union([Type.Literal("system"), Type.Literal("user"), Type.Literal("assistant")]),
          content: Type.String({ maxLength: 200_000 }),
        },
        { additionalProperties: true },
      ),
      { minItems: 1, maxItems: 200 },
    ),
    max_tokens: Type.Optional(Type.Integer({ minimum: 1, maximum: 32_768 })),
    max_completion_tokens: Type.Optional(Type.Integer({ minimum: 1, maximum: 32_768 })),
    temperature: Type.Optional(Type.Number({ minimum: 0, maximum: 2 })),
    stream: Type.Optional(Type.Boolean()),
    stream_options: Type.Optional(Type.Object({ include_usage: Type.Optional(Type.Boolean()) })),
  },
  { additionalProperties: true },
);

type ChatBodyValue = Static<typeof ChatBody>;

/** `POST /v1/chat/completions` and `GET /v1/models`: any OpenAI client talks to the configured providers. */
export function createChatRoutes(chain: ProviderChain, now: () => number): AnyElysia {
  return new Elysia({ name: "ai-engine/chat" })
    .post(
      "/v1/chat/completions",
      async ({ body, request }) => await complete(body, request.signal, chain, now),
      {
        body: ChatBody,
        detail: { summary: "Chat completions, compatible with OpenAI's clients", tags: ["chat"] },
      },
    )
    .get("/v1/models", () => listModels(chain), {
      detail: { summary: "The configured models", tags: ["chat"] },
    });
}

function listModels({ providers }: ProviderChain): object {
  return {
    object: "list",
    data: providers.map(({ name, model }) => ({ id: model, object: "model", created: 0, owned_by: name })),
  };
}

async function complete(
  body: ChatBodyValue,
  signal: AbortSignal,
  chain: ProviderChain,
  now: () => number,
): Promise<Response> {
  if (chain.providers.length === 0) {
    throw new CartwayError("provider_unavailable", { message: "No language model provider is configured." });
  }
  const request: ChatRequest = {
    messages: body.messages,
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? 1024,
    temperature: body.temperature ?? 1,
    ...(body.model !== undefined && chain.providers.some(({ model }) => model === body.model)
      ? { model: body.model }
      : {}),
  };
  const head = { id: `chatcmpl-${crypto.randomUUID()}`, created: Math.floor(now() / 1000) };
  if (body.stream === true) return streamed(request, body, head, chain, signal);
  const answer = await chain.answer(request, signal);
  const { text, usage } = await readAll(answer.chunks);
  const message = { role: "assistant", content: text, refusal: null };
  return Response.json({
    ...head,
    object: "chat.completion",
    model: answer.provider.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
    usage: toOpenAiUsage(usage),
  });
}

interface AnswerHead {
  readonly id: string;
  readonly created: number;
}

async function streamed(
  request: ChatRequest,
  { stream_options: options }: ChatBodyValue,
  head: AnswerHead,
  chain: ProviderChain,
  signal: AbortSignal,
): Promise<Response> {
  // Asked before the stream begins, so that a failure is an error and not a stream with an error in it.
  const left = new AbortController();
  const answer: ChainAnswer = await chain.answer(request, AbortSignal.any([signal, left.signal]));
  const chunk = { ...head, object: "chat.completion.chunk", model: answer.provider.model };
  const choice = (delta: object, finish: string | null) => ({
    ...chunk,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  });
  return eventStream(signal, async (send, readerLeft) => {
    readerLeft.addEventListener("abort", () => left.abort(), { once: true });
    send(null, choice({ role: "assistant", content: "" }, null));
    for await (const part of answer.chunks) {
      if (part.type === "text") send(null, choice({ content: part.text }, null));
      else if (options?.include_usage === true)
        send(null, { ...chunk, choices: [], usage: toOpenAiUsage(part.usage) });
    }
    send(null, choice({}, "stop"));
    send(null, "[DONE]");
  });
}

async function readAll(
  chunks: AsyncIterable<ChatChunk>,
): Promise<{ readonly text: string; readonly usage: TokenUsage }> {
  let text = "";
  let usage: TokenUsage = { inputTokens: 0, outputTokens: 0 };
  for await (const chunk of chunks) {
    if (chunk.type === "text") text += chunk.text;
    else usage = chunk.usage;
  }
  return { text, usage };
}

function toOpenAiUsage({ inputTokens, outputTokens }: TokenUsage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}
