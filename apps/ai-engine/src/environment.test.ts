import { describe, expect, test } from "bun:test";
import { readEnvironment } from "@libs/elysia-server";
import { createEventLog, createTemporaryDirectory } from "@libs/testing";
import { openAiServer } from "../test/support/model-servers.ts";
import { openProviders, providerEnvironment, providerTimes } from "./environment.ts";
import type { ChatProvider } from "./providers/provider.ts";

function open(env: Record<string, string>): readonly ChatProvider[] {
  return openProviders(readEnvironment(providerEnvironment, env), env);
}

function named(providers: readonly ChatProvider[]): readonly string[] {
  return providers.map(({ name, model }) => `${name}/${model}`);
}

describe("the providers of the environment", () => {
  test("without variables there are none", () => {
    expect(open({})).toEqual([]);
  });

  test("an API key enables a provider, in the configured order", () => {
    const keys = { OPENAI_API_KEY: "k", ANTHROPIC_API_KEY: "k", ANTHROPIC_MODEL: "c" };
    expect(named(open(keys))).toEqual(["openai/gpt-4o-mini", "anthropic/c"]);
    expect(named(open({ ...keys, AI_PROVIDER_ORDER: "anthropic, openai, anthropic" }))).toEqual([
      "anthropic/c",
      "openai/gpt-4o-mini",
    ]);
  });

  test("the address of a compatible server enables it without a key, and none is sent", async () => {
    const seen = createEventLog<string | null>();
    using server = openAiServer([["hi"]], {
      onRequest: (request) => seen.push(request.headers.get("authorization")),
    });
    const [provider] = open({ OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_MODEL: "llama3.2" });
    const chunks = provider?.stream(
      { messages: [{ role: "user", content: "hello" }], maxTokens: 5 },
      new AbortController().signal,
    );
    const types: string[] = [];
    for await (const chunk of chunks ?? []) types.push(chunk.type);
    expect(types).toEqual(["text", "end", "usage"]);
    expect(await seen.next()).toBeNull();
  });

  test("an unknown name in the order is refused with the known ones", () => {
    expect(() => open({ AI_PROVIDER_ORDER: "openai,toString" })).toThrow(
      "AI_PROVIDER_ORDER: toString is not known: expected openai, anthropic",
    );
  });

  test("their timeouts are configurable", () => {
    const env = readEnvironment(providerEnvironment, { AI_FIRST_TEXT_MS: "500", AI_TOTAL_MS: "9000" });
    expect(providerTimes(env)).toEqual({ firstTextMs: 500, totalMs: 9000 });
  });
});

describe("providers as JSON", () => {
  test("can be any number, in their order, with secrets from variables and files", async () => {
    await using directory = await createTemporaryDirectory();
    await Bun.write(`${directory.path}/key`, "k2\n");
    const seen = createEventLog<string | null>();
    using server = openAiServer([["hi"]], {
      onRequest: (request) => seen.push(request.headers.get("authorization")),
    });
    const config = [
      { name: "local", type: "openai", model: "llama3.2", baseUrl: `${server.url}/v1` },
      {
        name: "cloud",
        type: "openai",
        model: "m",
        baseUrl: `${server.url}/v1`,
        apiKey: { env: "CLOUD_KEY" },
      },
      {
        name: "filed",
        type: "openai",
        model: "m",
        baseUrl: `${server.url}/v1`,
        apiKey: { file: `${directory.path}/key` },
      },
      { name: "claude", type: "anthropic", model: "c", apiKey: { env: "CLOUD_KEY" } },
    ];
    const providers = open({
      AI_PROVIDERS: JSON.stringify(config),
      CLOUD_KEY: "k1",
      OPENAI_API_KEY: "unused",
    });
    expect(named(providers)).toEqual(["local/llama3.2", "cloud/m", "filed/m", "claude/c"]);
    for (const provider of providers.slice(0, 3)) {
      const signal = new AbortController().signal;
      for await (const chunk of provider.stream(
        { messages: [{ role: "user", content: "x" }], maxTokens: 5 },
        signal,
      ))
        expect(chunk.type).not.toBe("");
    }
    expect(seen.all).toEqual([null, "Bearer k1", "Bearer k2"]);
  });

  test("are refused with all problems and their paths", () => {
    const refuse = (config: unknown): string => {
      try {
        open({
          AI_PROVIDERS: typeof config === "string" ? config : JSON.stringify(config),
          KEY: "sk-secret",
        });
        return "";
      } catch (thrown) {
        return String(thrown);
      }
    };
    const provider = { name: "a", type: "openai", model: "m", baseUrl: "http://127.0.0.1:1/v1" };
    expect(refuse("{")).toContain("not valid JSON");
    expect(refuse([])).toContain("AI_PROVIDERS: /");
    expect(refuse([{ ...provider, type: "magic" }])).toContain("/0/type");
    expect(refuse([{ ...provider, apikey: "sk-secret" }])).toContain("/0/apikey");
    expect(refuse([{ ...provider, apikey: "sk-secret" }])).not.toContain("sk-secret");
    expect(refuse([{ ...provider, apiKey: { env: "MISSING" } }])).toContain(
      "a: the variable MISSING is not set",
    );
    expect(refuse([{ ...provider, apiKey: { file: "/none" } }])).toContain(
      "the file /none cannot be read (ENOENT)",
    );
    expect(refuse([{ name: "o", type: "openai", model: "m" }])).toContain("o: apiKey is needed");
    const both = refuse([provider, provider, { name: "c", type: "anthropic", model: "m" }]);
    expect(both).toContain("a: the name is taken");
    expect(both).toContain("c: apiKey is needed");
  });
});
