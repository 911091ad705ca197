import { CartwayError, type InputIssue } from "@libs/errors";
import { type Static, Type } from "@sinclair/typebox";
import type { ChatMessage, ChatRequest } from "../providers/provider.ts";

/** Selects the first provider that answers. */
export const autoModel = "auto";

const textCharsMax = 200_000;

/** OpenAI's chat completions, limited to what every provider supports. */
export const ChatBody = Type.Object(
  {
    model: Type.Optional(
      Type.String({
        maxLength: 128,
        description: 'One of GET /v1/models. "auto", and none, is the first provider that answers.',
      }),
    ),
    messages: Type.Array(
      Type.Object(
        {
          role: Type.Union(
            (["system", "developer", "user", "assistant"] as const).map((role) => Type.Literal(role)),
          ),
          content: Type.Union([
            Type.String({ maxLength: textCharsMax }),
            Type.Array(
              Type.Object({ type: Type.Literal("text"), text: Type.String({ maxLength: textCharsMax }) }),
              { minItems: 1, maxItems: 100, description: "Text parts only." },
            ),
          ]),
        },
        { additionalProperties: true },
      ),
      { minItems: 1, maxItems: 200 },
    ),
    max_tokens: Type.Optional(Type.Integer({ minimum: 1, maximum: 32_768 })),
    max_completion_tokens: Type.Optional(Type.Integer({ minimum: 1, maximum: 32_768 })),
    temperature: Type.Optional(Type.Number({ minimum: 0, maximum: 2 })),
    top_p: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    stop: Type.Optional(
      Type.Union([
        Type.String({ maxLength: 200 }),
        Type.Array(Type.String({ maxLength: 200 }), { minItems: 1, maxItems: 4 }),
      ]),
    ),
    n: Type.Optional(Type.Literal(1)),
    stream: Type.Optional(Type.Boolean()),
    stream_options: Type.Optional(
      Type.Union([Type.Null(), Type.Object({ include_usage: Type.Optional(Type.Boolean()) })]),
    ),
  },
  { additionalProperties: true, title: "ChatCompletionRequest" },
);

export type ChatBodyValue = Static<typeof ChatBody>;

/** Fields that would change the answer and are not supported: refused, not ignored. Fields that only label a request are ignored. */
const unsupported = [
  "tools",
  "tool_choice",
  "functions",
  "function_call",
  "response_format",
  "logprobs",
  "audio",
  "modalities",
  "prediction",
  "web_search_options",
] as const;

/**
 * @param models the configured ones.
 * @throws CartwayError `not_found` for a model that is not configured, `validation_failed` for what is not supported.
 */
export function toChatRequest(body: ChatBodyValue, models: readonly string[]): ChatRequest {
  const issues: InputIssue[] = unsupported
    .filter((name) => isAsked(Reflect.get(body, name)))
    .map((name) => ({ path: `/${name}`, message: "is not supported here" }));
  if (issues.length > 0) {
    throw new CartwayError("validation_failed", {
      message: "The body contains unsupported parameters.",
      details: issues,
    });
  }
  const { model = autoModel, temperature, top_p: topP, stop } = body;
  if (model !== autoModel && !models.includes(model)) {
    throw new CartwayError("not_found", {
      message: `The model ${JSON.stringify(model)} is not offered here: GET /v1/models lists those that are.`,
    });
  }
  return {
    messages: body.messages.map(toMessage),
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? 1024,
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop === undefined ? {} : { stop: typeof stop === "string" ? [stop] : stop }),
    ...(model === autoModel ? {} : { model }),
  };
}

function isAsked(value: unknown): boolean {
  const isText = typeof value === "object" && value !== null && Reflect.get(value, "type") === "text";
  const isNone = value === undefined || value === null || value === false || value === "none";
  return !isNone && !isText && !(Array.isArray(value) && value.length === 0);
}

function toMessage({ role, content }: ChatBodyValue["messages"][number]): ChatMessage {
  return {
    role: role === "developer" ? "system" : role,
    content: typeof content === "string" ? content : content.map(({ text }) => text).join(""),
  };
}
