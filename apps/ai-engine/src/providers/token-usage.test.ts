import { expect, test } from "bun:test";
import { anthropicServer, type ModelServer, openAiServer } from "../../test/support/model-servers.ts";
import type { ChatChunk } from "./provider.ts";

async function usagesOf({ provider }: ModelServer): Promise<readonly ChatChunk[]> {
  const request = { messages: [{ role: "user", content: "hello" }], maxTokens: 10 } as const;
  const chunks = await Array.fromAsync(provider.stream(request, new AbortController().signal));
  return chunks.filter(({ type }) => type === "usage");
}

test("usage that is reported with every chunk is counted once, by the last report", async () => {
  using openAi = openAiServer([["a", "b", "c"]], { tellsUsageOften: true });
  using anthropic = anthropicServer([["a", "b"]], { tellsUsageOften: true });
  expect(await usagesOf(openAi)).toEqual([{ type: "usage", usage: { inputTokens: 11, outputTokens: 7 } }]);
  expect(await usagesOf(anthropic)).toEqual([{ type: "usage", usage: { inputTokens: 5, outputTokens: 9 } }]);
});

test("missing usage fields count as zero", async () => {
  using half = openAiServer([["a"]], { usage: { prompt_tokens: 3 } });
  expect(await usagesOf(half)).toEqual([{ type: "usage", usage: { inputTokens: 3, outputTokens: 0 } }]);
  using strange = openAiServer([["a"]], { usage: { prompt_tokens: null, completion_tokens: -1 } });
  expect(await usagesOf(strange)).toEqual([{ type: "usage", usage: { inputTokens: 0, outputTokens: 0 } }]);
});
