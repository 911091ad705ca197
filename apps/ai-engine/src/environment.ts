import { defineEnvironment, type EnvironmentOf, serverEnvironment } from "@libs/elysia-server";
import { createAnthropicProvider } from "./providers/anthropic-provider.ts";
import { createOpenAiProvider } from "./providers/openai-provider.ts";
import type { ChatProvider } from "./providers/provider.ts";

/** The language models, for whoever runs the ai-engine. */
export const providerEnvironment = defineEnvironment({
  OPENAI_API_KEY: {
    type: "text",
    secret: true,
    optional: true,
    description: "Key for the OpenAI-compatible server; turns it on.",
  },
  OPENAI_BASE_URL: {
    type: "url",
    default: "https://api.openai.com/v1",
    description: "OpenAI, vLLM, Ollama (http://host:11434/v1) ...",
  },
  OPENAI_MODEL: {
    type: "text",
    default: "gpt-4o-mini",
    description: "Model asked of the OpenAI-compatible server.",
  },
  ANTHROPIC_API_KEY: {
    type: "text",
    secret: true,
    optional: true,
    description: "Key for Anthropic; turns it on.",
  },
  ANTHROPIC_BASE_URL: { type: "url", optional: true, description: "In place of Anthropic's own address." },
  ANTHROPIC_MODEL: {
    type: "text",
    default: "claude-3-5-haiku-latest",
    description: "Model asked of Anthropic.",
  },
  AI_PROVIDER_ORDER: {
    type: "list",
    default: ["openai", "anthropic"],
    description: "Who is asked first; the others are the fallback.",
  },
});

/** Every environment variable that the ai-engine reads. */
export const aiEngineEnvironment = defineEnvironment({ ...serverEnvironment(3003), ...providerEnvironment });

/** The providers that the environment turns on, in its order. None where no key is set. */
export function openProviders(env: EnvironmentOf<typeof providerEnvironment>): readonly ChatProvider[] {
  const known: Readonly<Record<string, () => ChatProvider | null>> = {
    openai: () =>
      env.OPENAI_API_KEY === null
        ? null
        : createOpenAiProvider({
            name: "openai",
            baseUrl: env.OPENAI_BASE_URL,
            apiKey: env.OPENAI_API_KEY,
            model: env.OPENAI_MODEL,
          }),
    anthropic: () =>
      env.ANTHROPIC_API_KEY === null
        ? null
        : createAnthropicProvider({
            name: "anthropic",
            apiKey: env.ANTHROPIC_API_KEY,
            model: env.ANTHROPIC_MODEL,
            ...(env.ANTHROPIC_BASE_URL === null ? {} : { baseUrl: env.ANTHROPIC_BASE_URL }),
          }),
  };
  return env.AI_PROVIDER_ORDER.flatMap((name) => {
    const open = known[name];
    if (open === undefined)
      throw new Error(`AI_PROVIDER_ORDER: ${name} is not known: expected ${Object.keys(known).join(", ")}`);
    return open() ?? [];
  });
}
