import OpenAI from "openai";
import type { ChatChunk, ChatProvider, ChatRequest } from "./provider.ts";

export interface OpenAiProviderOptions {
  readonly name: string;
  /** Of any server that speaks OpenAI's API: OpenAI, vLLM, Ollama ... */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
}

export function createOpenAiProvider({ name, baseUrl, apiKey, model }: OpenAiProviderOptions): ChatProvider {
  const client = new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0, logLevel: "off" });
  return {
    name,
    model,
    async *stream(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatChunk> {
      const chunks = await client.chat.completions.create(
        {
          model: request.model ?? model,
          messages: request.messages.map(({ role, content }) => ({ role, content })),
          max_tokens: request.maxTokens,
          temperature: request.temperature,
          stream: true,
          stream_options: { include_usage: true },
        },
        { signal },
      );
      for await (const { choices, usage } of chunks) {
        const text = choices[0]?.delta.content;
        if (typeof text === "string" && text !== "") yield { type: "text", text };
        if (usage)
          yield {
            type: "usage",
            usage: { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens },
          };
      }
    },
  };
}
