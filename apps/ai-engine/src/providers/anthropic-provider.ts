import Anthropic from "@anthropic-ai/sdk";
import type { ChatChunk, ChatProvider, ChatRequest, EndReason } from "./provider.ts";

export interface AnthropicProviderOptions {
  readonly name: string;
  readonly apiKey: string;
  readonly model: string;
  readonly baseUrl?: string;
}

/** Anthropic's messages (https://docs.anthropic.com/en/api/messages-streaming). */
export function createAnthropicProvider({
  name,
  apiKey,
  model,
  baseUrl,
}: AnthropicProviderOptions): ChatProvider {
  const client = new Anthropic({
    apiKey,
    authToken: null,
    baseURL: baseUrl ?? "https://api.anthropic.com",
    maxRetries: 0,
    logLevel: "off",
  });
  return {
    name,
    model,
    async *stream(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatChunk> {
      const events = await client.messages.create(
        {
          model,
          max_tokens: request.maxTokens,
          system: request.messages
            .filter(({ role }) => role === "system")
            .map(({ content }) => content)
            .join("\n\n"),
          messages: request.messages.flatMap(({ role, content }) =>
            role === "system" ? [] : [{ role, content }],
          ),
          // Anthropic's range ends at 1, OpenAI's at 2.
          ...(request.temperature === undefined ? {} : { temperature: Math.min(request.temperature, 1) }),
          ...(request.topP === undefined ? {} : { top_p: request.topP }),
          ...(request.stop === undefined ? {} : { stop_sequences: [...request.stop] }),
          stream: true,
        },
        { signal },
      );
      let inputTokens = 0;
      let outputTokens = 0;
      let reason: EndReason | null = null;
      for await (const event of events) {
        if (event.type === "message_start") inputTokens = event.message.usage.input_tokens;
        else if (event.type === "content_block_delta" && event.delta.type === "text_delta")
          yield { type: "text", text: event.delta.text };
        else if (event.type === "message_delta") {
          if (event.delta.stop_reason !== null) reason = toEndReason(event.delta.stop_reason);
          // up to there: there may be several
          outputTokens = event.usage.output_tokens;
        } else if (event.type === "message_stop") {
          yield { type: "usage", usage: { inputTokens, outputTokens } };
          yield { type: "end", reason: reason ?? "stop" };
        }
      }
    },
  };
}

function toEndReason(reason: string): EndReason {
  if (reason === "max_tokens" || reason === "model_context_window_exceeded") return "length";
  return reason === "refusal" ? "content_filter" : "stop";
}
