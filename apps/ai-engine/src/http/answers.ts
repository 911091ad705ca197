import { describedAnswers } from "@libs/elysia-server";
import { Type } from "@sinclair/typebox";

const count = Type.Integer({ minimum: 0 });

const recoveryMessage = Type.Object(
  {
    subject: Type.String(),
    body: Type.String(),
    offer: Type.Object(
      {
        percentOff: Type.Number({ minimum: 0, maximum: 100 }),
        amountOffMinor: Type.Integer({ minimum: 0, description: "In the currency's minor unit." }),
        freeShipping: Type.Boolean(),
        code: Type.Union([Type.String(), Type.Null()]),
      },
      { title: "Offer" },
    ),
    provider: Type.String({ description: "`template` where no model wrote it." }),
    model: Type.Union([Type.String(), Type.Null()]),
    isComplete: Type.Boolean({ description: "False where a model broke off in the middle." }),
    usage: Type.Object({ inputTokens: count, outputTokens: count }, { title: "TokenUsage" }),
  },
  { title: "RecoveryMessage" },
);

const chatCompletion = Type.Object(
  {
    id: Type.String(),
    object: Type.Literal("chat.completion"),
    created: Type.Integer({ description: "Seconds since the epoch." }),
    model: Type.String(),
    choices: Type.Array(
      Type.Object({
        index: count,
        message: Type.Object({
          role: Type.Literal("assistant"),
          content: Type.String(),
          refusal: Type.Null(),
        }),
        logprobs: Type.Null(),
        finish_reason: Type.Union([
          Type.Literal("stop"),
          Type.Literal("length"),
          Type.Literal("content_filter"),
        ]),
      }),
    ),
    usage: Type.Optional(
      Type.Object({ prompt_tokens: count, completion_tokens: count, total_tokens: count }),
    ),
  },
  { title: "ChatCompletion" },
);

const modelList = Type.Object(
  {
    object: Type.Literal("list"),
    data: Type.Array(
      Type.Object({
        id: Type.String(),
        object: Type.Literal("model"),
        created: Type.Integer(),
        owned_by: Type.String(),
      }),
    ),
  },
  { title: "ModelList" },
);

const exampleMessage = {
  subject: "Your cart is waiting",
  body: "Your coat is still in your cart.",
  offer: { percentOff: 10, amountOffMinor: 0, freeShipping: false, code: "BACK10" },
  provider: "template",
  model: null,
  isComplete: true,
  usage: { inputTokens: 0, outputTokens: 0 },
};

export const messageAnswers = describedAnswers(
  {
    description:
      "The message; with `Accept: text/event-stream` as it is written: `delta`, then `done` or `error`",
    schema: recoveryMessage,
    example: exampleMessage,
    also: {
      "text/event-stream": `event: delta\ndata: {"text":"Your coat "}\n\nevent: done\ndata: ${JSON.stringify(exampleMessage)}\n\n`,
    },
  },
  400,
  413,
  422,
);
export const chatAnswers = describedAnswers(
  {
    description: "The completion; with `stream: true` in pieces, as OpenAI sends them, until `[DONE]`",
    schema: chatCompletion,
    example: {
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1_795_255_200,
      model: "small",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello.", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
    },
    also: {
      "text/event-stream":
        'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hello."}}]}\n\ndata: [DONE]\n\n',
    },
  },
  400,
  413,
  422,
  502,
);
export const modelListAnswers = describedAnswers({
  description: "The configured models, and `auto`",
  schema: modelList,
  example: { object: "list", data: [{ id: "auto", object: "model", created: 0, owned_by: "cartway" }] },
});
