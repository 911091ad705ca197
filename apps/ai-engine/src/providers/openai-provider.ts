import OpenAI from "openai";
import type { ChatChunk, ChatProvider, ChatRequest, EndReason, TokenUsage } from "./provider.ts";

export interface OpenAiProviderOptions {
  readonly name: string;
  /** Of any server that speaks OpenAI's API: OpenAI, vLLM, Ollama ... */
  readonly baseUrl: string;
  /** `null` for a server that needs none: no `Authorization` is sent. */
  readonly apiKey: string | null;
  readonly model: string;
}

/** A server that speaks OpenAI's chat completions (https://platform.openai.com/docs/api-reference/chat). */
export function createOpenAiProvider({ name, baseUrl, apiKey, model }: OpenAiProviderOptions): ChatProvider {
  const client = new OpenAI({
    baseURL: baseUrl,
    // The client requires one; without a key the header that would carry it is removed.
    apiKey: apiKey ?? "none",
    ...(apiKey === null ? { defaultHeaders: { authorization: null } } : {}),
    organization: null,
    project: null,
    maxRetries: 0,
    logLevel: "off",
  });
  const isOpenAi = new URL(baseUrl).hostname === "api.openai.com";
  return {
    name,
    model,
    async *stream(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatChunk> {
      const chunks = await client.chat.completions.create(
        {
          model,
          messages: request.messages.map(({ role, content }) => ({ role, content })),
          // OpenAI's newer models refuse the old name; most other servers know only that.
          ...(isOpenAi ? { max_completion_tokens: request.maxTokens } : { max_tokens: request.maxTokens }),
          ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
          ...(request.topP === undefined ? {} : { top_p: request.topP }),
          ...(request.stop === undefined ? {} : { stop: [...request.stop] }),
          stream: true,
          stream_options: { include_usage: true },
        },
        { signal },
      );
      // Some servers send the running total with every chunk: the last one counts.
      let used: TokenUsage | null = null;
      for await (const { choices, usage } of chunks) {
        const [choice] = choices;
        const text = choice?.delta?.content;
        if (typeof text === "string" && text !== "") yield { type: "text", text };
        if (choice?.finish_reason) yield { type: "end", reason: toEndReason(choice.finish_reason) };
        if (usage)
          used = {
            inputTokens: countOf(usage.prompt_tokens),
            outputTokens: countOf(usage.completion_tokens),
          };
      }
      if (used !== null) yield { type: "usage", usage: used };
    },
  };
}

/** Not every server reports both. */
function countOf(tokens: unknown): number {
  return typeof tokens === "number" && tokens > 0 ? tokens : 0;
}

function toEndReason(reason: string): EndReason {
  return reason === "length" || reason === "content_filter" ? reason : "stop";
}
