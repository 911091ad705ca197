import { describe, expect, test } from "bun:test";
import { createEventLog } from "@libs/testing";
import OpenAI, { APIError, NotFoundError } from "openai";
import { anthropicServer, type ModelServer, openAiServer } from "./support/model-servers.ts";
import { type RunningEngine, startAiEngine } from "./support/start-ai-engine.ts";

const messages = [{ role: "user" as const, content: "hello" }];
const ask = { model: "fake-1", messages };
const path = "/v1/chat/completions";

function clientOf({ url }: RunningEngine): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0 });
}

/** The data of each event, in their order. */
async function events(response: Response): Promise<string[]> {
  return [...(await response.text()).matchAll(/^data: (.+)$/gm)].map(([, data = ""]) => data);
}

describe("an OpenAI client", () => {
  test("gets an answer, complete and streamed", async () => {
    await using engine = await startAiEngine([openAiServer([["Hel", "lo"]])]);
    const openai = clientOf(engine);
    const whole = await openai.chat.completions.create(ask);
    expect(whole).toMatchObject({
      object: "chat.completion",
      model: "fake-1",
      choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
    });
    const stream = await openai.chat.completions.create({ ...ask, stream: true });
    let text = "";
    let finish: string | null = null;
    for await (const { choices, usage } of stream) {
      text += choices[0]?.delta.content ?? "";
      finish = choices[0]?.finish_reason ?? finish;
      expect(usage).toBeUndefined();
    }
    expect({ text, finish }).toEqual({ text: "Hello", finish: "stop" });
  });

  test("gets usage on request in a chunk of its own, after the end and before [DONE]", async () => {
    await using engine = await startAiEngine([openAiServer([["Hel", "lo"]])]);
    const body = { ...ask, stream: true, stream_options: { include_usage: true } } as const;
    const data = await events(await engine.post(path, body));
    expect(data.pop()).toBe("[DONE]");
    const chunks = data.map((text) => JSON.parse(text));
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 18 } });
    expect(chunks.at(-2)).toMatchObject({ choices: [{ delta: {}, finish_reason: "stop" }], usage: null });
    for (const chunk of chunks.slice(0, -1)) expect(chunk.usage).toBeNull();

    const stream = clientOf(engine).chat.completions.stream(body);
    const whole = await stream.finalChatCompletion();
    expect(whole.choices[0]?.message.content).toBe("Hello");
    expect(whole.usage?.total_tokens).toBe(18);
  });

  test("learns that an answer reached its token limit, with either kind of provider", async () => {
    const cut: readonly ModelServer[] = [
      openAiServer([["Hel"]], { finish: "length" }),
      anthropicServer([["Hel"]], { finish: "max_tokens", model: "fake-1" }),
    ];
    for (const model of cut) {
      await using engine = await startAiEngine([model]);
      const whole = await clientOf(engine).chat.completions.create(ask);
      expect(whole.choices[0]?.finish_reason).toBe("length");
      const stream = clientOf(engine).chat.completions.stream(ask);
      expect((await stream.finalChatCompletion()).choices[0]?.finish_reason).toBe("length");
    }
  });

  test("has only its own parameters forwarded, in the provider's format", async () => {
    const asked = createEventLog<Record<string, unknown>>();
    const model = openAiServer([["Hello"]], { onRequest: (_, body) => asked.push(body) });
    await using engine = await startAiEngine([model]);
    await clientOf(engine).chat.completions.create({
      ...ask,
      messages: [
        { role: "developer", content: "be brief" },
        {
          role: "user",
          content: [
            { type: "text", text: "hel" },
            { type: "text", text: "lo" },
          ],
        },
      ],
      max_completion_tokens: 5,
      top_p: 0.5,
      stop: "END",
    });
    const { temperature, ...body } = await asked.next();
    expect(temperature).toBeUndefined();
    expect(body).toMatchObject({
      model: "fake-1",
      max_tokens: 5,
      top_p: 0.5,
      stop: ["END"],
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: "hello" },
      ],
    });
  });
});

describe("an incomplete answer", () => {
  const ways = [
    ["hangs", 504, "upstream_timeout"],
    ["breaksOff", 502, "upstream_reset"],
  ] as const;
  for (const [how, status, code] of ways) {
    test(`of a model that ${how} is an error and never looks complete`, async () => {
      await using engine = await startAiEngine([openAiServer([["Hel"]], { [how]: true })], {
        chain: { totalMs: 1000 },
      });
      const response = await engine.post(path, ask);
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ error: { code } });
    });

    test(`of a model that ${how} ends its stream with an error event, without finish_reason and [DONE]`, async () => {
      await using engine = await startAiEngine([openAiServer([["Hel"]], { [how]: true })], {
        chain: { totalMs: 1000 },
      });
      const text = await (await engine.post(path, { ...ask, stream: true })).text();
      expect(text).toContain("event: error\n");
      expect(text).toContain(code);
      expect(text).not.toContain("[DONE]");
      expect(text).not.toContain('"finish_reason":"');
    });

    test(`of a model that ${how} makes an OpenAI client throw`, async () => {
      await using engine = await startAiEngine([openAiServer([["Hel"]], { [how]: true })], {
        chain: { totalMs: 1000 },
      });
      const read = async (): Promise<string> => {
        let text = "";
        for await (const { choices } of await clientOf(engine).chat.completions.create({
          ...ask,
          stream: true,
        }))
          text += choices[0]?.delta.content ?? "";
        return text;
      };
      await expect(read()).rejects.toThrow(APIError);
    });
  }

  test("is cancelled at the provider if the reader disconnects", async () => {
    const aborted = createEventLog<true>();
    const model = openAiServer([["Hel"]], { hangs: true, onAbort: () => aborted.push(true) });
    await using engine = await startAiEngine([model]);
    const stream = await clientOf(engine).chat.completions.create({ ...ask, stream: true });
    for await (const { choices } of stream) if (choices[0]?.delta.content === "Hel") break;
    stream.controller.abort();
    await aborted.atLeast(1);
  });
});

describe("the requested model", () => {
  test("is one of those listed, or auto", async () => {
    const models = [
      openAiServer([["one"]], { model: "m1" }),
      openAiServer([["two"]], { name: "b", model: "m2" }),
    ];
    await using engine = await startAiEngine(models);
    const openai = clientOf(engine);
    expect((await openai.models.list()).data.map(({ id }) => id).toSorted()).toEqual(["auto", "m1", "m2"]);
    const answers = [];
    for (const model of ["auto", "m1", "m2"]) {
      const answer = await openai.chat.completions.create({ model, messages });
      answers.push([answer.model, answer.choices[0]?.message.content]);
    }
    expect(answers).toEqual([
      ["m1", "one"],
      ["m1", "one"],
      ["m2", "two"],
    ]);
  });

  test("is never replaced by another, whether it is unknown or its provider fails", async () => {
    const broken = openAiServer([[]], { model: "m1", status: 500 });
    await using engine = await startAiEngine([broken, openAiServer([["two"]], { name: "b", model: "m2" })]);
    const openai = clientOf(engine);
    await expect(
      (async () => await openai.chat.completions.create({ model: "gpt-9", messages }))(),
    ).rejects.toThrow(NotFoundError);
    const failed = await engine.post(path, { model: "m1", messages });
    expect(failed.status).toBe(502);
    expect((await openai.chat.completions.create({ model: "auto", messages })).model).toBe("m2");
  });
});

describe("unsupported features are reported", () => {
  test("tools, formats and multiple answers are refused with their path", async () => {
    await using engine = await startAiEngine([openAiServer([["Hello"]])]);
    const asks = {
      tools: [{ type: "function" }],
      response_format: { type: "json_object" },
      n: 2,
      logprobs: true,
    };
    for (const [name, value] of Object.entries(asks)) {
      const response = await engine.post(path, { ...ask, [name]: value });
      expect(response.status).toBe(422);
      expect(JSON.stringify(await response.json())).toContain(`/${name}`);
    }
    const harmless = { tools: [], response_format: { type: "text" }, n: 1, logprobs: false, user: "u-1" };
    expect((await engine.post(path, { ...ask, ...harmless })).status).toBe(200);
  });

  test("without a working provider there is an error in the envelope, without details of providers", async () => {
    for (const models of [[], [openAiServer([[]], { status: 500 })]]) {
      await using engine = await startAiEngine(models);
      const response = await engine.post(path, ask);
      expect(response.status).toBe(502);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ error: { code: "provider_unavailable" } });
      expect(text).not.toContain("sk-secret");
    }
  });
});
