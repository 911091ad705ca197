import Anthropic from "@anthropic-ai/sdk";
import type { ChatChunk, ChatProvider, ChatRequest } from "./provider.ts";

export interface AnthropicProviderOptions {
  readonly name: string;
  readonly apiKey: string;
  readonly model: string;
  readonly baseUrl?: string;
}

export function createAnthropicProvider({
  name,
  apiKey,
  model,
  baseUrl,
}: AnthropicProviderOptions): ChatProvider {
  const client = new Anthropic({
    apiKey,
    maxRetries: 0,
    logLevel: "off",
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
  });
  return {
    name,
    model,
    async *stream(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatChunk> {
      const events = await client.messages.create(
        {
          model: request.model ?? model,
          max_tokens: request.maxTokens,
          system: request.messages
            .filter(({ role }) => role === "system")
            .map(({ content }) => content)
            .join("\n\n"),
          messages: request.messages.flatMap(({ role, content }) =>
            role === "system" ? [] : [{ role, content }],
          ),
          stream: true,
        },
        { signal },
      );
      let inputTokens = 0;
      for await (const event of events) {
        if (event.type === "message_start") inputTokens = event.message.usage.input_tokens;
        else if (event.type === "content_block_delta" && event.delta.type === "text_delta")
          yield { type: "text", text: event.delta.text };
        else if (event.type === "message_delta")
          yield { type: "usage", usage: { inputTokens, outputTokens: event.usage.output_tokens } };
      }
    },
  };
}
