/** A turn of a conversation. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  readonly temperature: number;
  /** The provider's own where absent. */
  readonly model?: string;
}

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export type ChatChunk =
  | { readonly type: "text"; readonly text: string }
  /** Last; absent where the provider does not tell. */
  | { readonly type: "usage"; readonly usage: TokenUsage };

/** A language model somewhere. MUST end its call when the signal aborts, and MUST NOT retry by itself. */
export interface ChatProvider {
  readonly name: string;
  readonly model: string;
  stream(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChatChunk>;
}
