/** A turn of a conversation. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  /** The model's own where absent: some accept no other. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  /** Only providers of this model are asked; all, in their order, where absent. */
  readonly model?: string;
}

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Why a model stopped: it was done, it ran into `maxTokens`, or its maker's filter stopped it. */
export type EndReason = "stop" | "length" | "content_filter";

export type ChatChunk =
  | { readonly type: "text"; readonly text: string }
  /** Once, in every answer that is whole. An answer without it broke off. */
  | { readonly type: "end"; readonly reason: EndReason }
  /** At most once, anywhere; absent where the provider does not tell. */
  | { readonly type: "usage"; readonly usage: TokenUsage };

/**
 * A language model somewhere. MUST end its call when the signal aborts, MUST NOT retry by itself, and MUST yield `end` only where
 * the model said that it is done.
 */
export interface ChatProvider {
  readonly name: string;
  readonly model: string;
  stream(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChatChunk>;
}
