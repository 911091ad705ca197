import { createAnthropicProvider } from "../../src/providers/anthropic-provider.ts";
import { createOpenAiProvider } from "../../src/providers/openai-provider.ts";
import type { ChatProvider } from "../../src/providers/provider.ts";

export interface ModelOptions {
  readonly name?: string;
  readonly model?: string;
  readonly apiKey?: string | null;
  /** Answered in place of text. */
  readonly status?: number;
  /** Goes silent after the pieces. */
  readonly hangs?: boolean;
  /** Ends the stream after the pieces without saying that it is the end. */
  readonly breaksOff?: boolean;
  readonly finish?: string;
  /** Usage so far, reported with each piece and again at the end, as some servers do. */
  readonly tellsUsageOften?: boolean;
  /** Replaces the usage that an OpenAI server reports at the end. */
  readonly usage?: object;
  /** Called with each request before it is answered. */
  readonly onRequest?: (request: Request, body: Record<string, unknown>) => void;
  readonly onAbort?: () => void;
}

export interface ModelServer extends Disposable {
  readonly provider: ChatProvider;
  readonly url: string;
  /** How many requests came. */
  calls(): number;
  /** What it answers from now on. */
  answer(pieces: readonly string[], options?: ModelOptions): void;
}

type Encode = (
  pieces: readonly string[],
  options: ModelOptions,
) => { readonly text: readonly string[]; readonly end: readonly string[] };

/** A server that speaks OpenAI's wire format; each answer but the last is given once, in their order. */
export function openAiServer(
  answers: readonly (readonly string[])[],
  options: ModelOptions = {},
): ModelServer {
  const { name = "fake", model = "fake-1", apiKey = "k" } = options;
  return serve(answers, options, encodeOpenAi, (url) =>
    createOpenAiProvider({ name, baseUrl: `${url}/v1`, apiKey, model }),
  );
}

export function anthropicServer(
  answers: readonly (readonly string[])[],
  options: ModelOptions = {},
): ModelServer {
  const { name = "anthropic", model = "claude" } = options;
  return serve(answers, options, encodeAnthropic, (baseUrl) =>
    createAnthropicProvider({ name, apiKey: "k", model, baseUrl }),
  );
}

function serve(
  answers: readonly (readonly string[])[],
  first: ModelOptions,
  encode: Encode,
  connect: (url: string) => ChatProvider,
): ModelServer {
  let left = answers;
  let options = first;
  let calls = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      calls += 1;
      const body: unknown = await request.json();
      options.onRequest?.(request, typeof body === "object" && body !== null ? { ...body } : {});
      if (options.status !== undefined)
        return Response.json({ error: { message: "key sk-secret is wrong" } }, { status: options.status });
      request.signal.addEventListener("abort", () => options.onAbort?.());
      const [pieces = [], ...rest] = left;
      if (rest.length > 0) left = rest;
      const { text, end } = encode(pieces, options);
      const { hangs = false, breaksOff = false } = options;
      const stream = new ReadableStream({
        start(controller) {
          for (const part of text) controller.enqueue(part);
          if (hangs) return;
          if (!breaksOff) for (const part of end) controller.enqueue(part);
          controller.close();
        },
      });
      return new Response(stream, { headers: { "content-type": "text/event-stream" } });
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    provider: connect(url),
    url,
    calls: () => calls,
    answer(pieces, next = {}) {
      left = [pieces];
      options = next;
    },
    [Symbol.dispose]: () => void server.stop(true),
  };
}

const used = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

const encodeOpenAi: Encode = (
  pieces,
  { finish = "stop", model = "m", usage = used, tellsUsageOften = false },
) => {
  const chunk = (value: object): string =>
    `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model, ...value })}\n\n`;
  const choice = (delta: object, reason: string | null): string =>
    chunk({ choices: [{ index: 0, delta, finish_reason: reason }] });
  return {
    text: pieces.flatMap((content) => [
      choice({ content }, null),
      ...(tellsUsageOften ? [chunk({ choices: [], usage })] : []),
    ]),
    end: [choice({}, finish), chunk({ choices: [], usage }), "data: [DONE]\n\n"],
  };
};

const encodeAnthropic: Encode = (pieces, { finish = "end_turn", tellsUsageOften = false }) => {
  const event = (type: string, value: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n`;
  const message = {
    id: "m",
    type: "message",
    role: "assistant",
    content: [],
    model: "claude",
    usage: { input_tokens: 5, output_tokens: 0 },
  };
  return {
    text: [
      event("message_start", { message }),
      event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
      ...pieces.map((text) =>
        event("content_block_delta", { index: 0, delta: { type: "text_delta", text } }),
      ),
    ],
    end: [
      ...(tellsUsageOften
        ? [event("message_delta", { delta: { stop_reason: null }, usage: { output_tokens: 4 } })]
        : []),
      event("message_delta", { delta: { stop_reason: finish }, usage: { output_tokens: 9 } }),
      event("message_stop", {}),
    ],
  };
};
