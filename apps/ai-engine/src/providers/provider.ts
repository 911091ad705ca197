/** A turn of a conversation. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  /** The model's default where absent: some accept no other. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  /** Only providers of this model are called; if absent all, in order. */
  readonly model?: string;
}

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Why a model stopped: it was done, it reached `maxTokens`, or its content filter stopped it. */
export type EndReason = "stop" | "length" | "content_filter";

export type ChatChunk =
  | { readonly type: "text"; readonly text: string }
  /** Once in every complete answer. An answer without it broke off. */
  | { readonly type: "end"; readonly reason: EndReason }
  /** At most once, anywhere; absent where the provider does not report it. */
  | { readonly type: "usage"; readonly usage: TokenUsage };

/**
 * A language model. MUST end its call when the signal aborts, MUST NOT retry by itself, and MUST yield `end` only if
 * the model reported that it is done.
 */
export interface ChatProvider {
  readonly name: string;
  readonly model: string;
  stream(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChatChunk>;
}
