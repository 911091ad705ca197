import { CartwayError } from "@libs/errors";
import { type AnyElysia, Elysia } from "elysia";
import type { ChatChunk, EndReason, TokenUsage } from "../providers/provider.ts";
import type { ProviderChain } from "../providers/provider-chain.ts";
import { chatAnswers, modelListAnswers } from "./answers.ts";
import { autoModel, ChatBody, type ChatBodyValue, toChatRequest } from "./chat-body.ts";
import { eventStream } from "./event-stream.ts";

/** `POST /v1/chat/completions` and `GET /v1/models`: any OpenAI client talks to the configured providers. */
export function createChatRoutes(chain: ProviderChain, now: () => number): AnyElysia {
  return new Elysia({ name: "ai-engine/chat" })
    .post(
      "/v1/chat/completions",
      async ({ body, request }) => await complete(body, request.signal, chain, now),
      {
        body: ChatBody,
        detail: {
          summary: "Create a chat completion, compatible with OpenAI clients",
          tags: ["chat"],
          responses: chatAnswers,
        },
      },
    )
    .get("/v1/models", () => listModels(chain), {
      detail: { summary: "List the configured models", tags: ["chat"], responses: modelListAnswers },
    });
}

function listModels({ providers }: ProviderChain): object {
  const owners = new Map(providers.toReversed().map(({ name, model }) => [model, name]));
  const data = [[autoModel, "cartway"], ...owners].map(([id, owner]) => ({
    id,
    object: "model",
    created: 0,
    owned_by: owner,
  }));
  return { object: "list", data: providers.length === 0 ? [] : data };
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
  const request = toChatRequest(
    body,
    chain.providers.map(({ model }) => model),
  );
  // Called before the stream starts, so that a failure is an error status and not a stream with an error in it.
  const left = new AbortController();
  const answer = await chain.answer(request, AbortSignal.any([signal, left.signal]));
  const head = {
    id: `chatcmpl-${crypto.randomUUID()}`,
    created: Math.floor(now() / 1000),
    model: answer.provider.model,
  };
  if (body.stream === true) {
    const withUsage = body.stream_options?.include_usage === true;
    return streamed(answer.chunks, { head, withUsage, signal, left });
  }
  const { text, reason, usage } = await readAll(answer.chunks);
  const message = { role: "assistant", content: text, refusal: null };
  return Response.json({
    ...head,
    object: "chat.completion",
    choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
    ...(usage === null ? {} : { usage: toOpenAiUsage(usage) }),
  });
}

interface StreamParts {
  readonly head: { readonly id: string; readonly created: number; readonly model: string };
  readonly withUsage: boolean;
  readonly signal: AbortSignal;
  /** Aborted when the client disconnects. */
  readonly left: AbortController;
}

/**
 * The pieces, then one with the finish reason, then the usage if requested, then `[DONE]`: the order that OpenAI's clients
 * rely on. An incomplete answer has neither reason nor `[DONE]`, but an error.
 */
function streamed(
  chunks: AsyncIterable<ChatChunk>,
  { head, withUsage, signal, left }: StreamParts,
): Response {
  const chunk = { ...head, object: "chat.completion.chunk" };
  const choice = (delta: object, reason: EndReason | null): object => ({
    ...chunk,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
    ...(withUsage ? { usage: null } : {}),
  });
  return eventStream(signal, async (send, readerLeft) => {
    readerLeft.addEventListener("abort", () => left.abort(readerLeft.reason), { once: true });
    send(null, choice({ role: "assistant", content: "" }, null));
    let usage: TokenUsage | null = null;
    let reason: EndReason = "stop";
    for await (const part of chunks) {
      if (part.type === "text") send(null, choice({ content: part.text }, null));
      else if (part.type === "usage") usage = part.usage;
      else reason = part.reason;
    }
    send(null, choice({}, reason));
    if (withUsage && usage !== null) send(null, { ...chunk, choices: [], usage: toOpenAiUsage(usage) });
    send(null, "[DONE]");
  });
}

interface WholeAnswer {
  readonly text: string;
  readonly reason: EndReason;
  readonly usage: TokenUsage | null;
}

async function readAll(chunks: AsyncIterable<ChatChunk>): Promise<WholeAnswer> {
  let text = "";
  let reason: EndReason = "stop";
  let usage: TokenUsage | null = null;
  for await (const chunk of chunks) {
    if (chunk.type === "text") text += chunk.text;
    else if (chunk.type === "usage") usage = chunk.usage;
    else reason = chunk.reason;
  }
  return { text, reason, usage };
}

function toOpenAiUsage({ inputTokens, outputTokens }: TokenUsage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}
