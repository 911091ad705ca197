import {
  defineEnvironment,
  EnvironmentError,
  type EnvironmentOf,
  serverEnvironment,
} from "@libs/elysia-server";
import { createAnthropicProvider } from "./providers/anthropic-provider.ts";
import { createOpenAiProvider } from "./providers/openai-provider.ts";
import type { ChatProvider } from "./providers/provider.ts";
import type { CallTimes } from "./providers/provider-call.ts";
import { chainDefaults } from "./providers/provider-chain.ts";
import { openConfiguredProviders, type Secrets } from "./providers/provider-config.ts";

/** The language models' variables. */
export const providerEnvironment = defineEnvironment({
  OPENAI_API_KEY: {
    type: "text",
    secret: true,
    optional: true,
    description: "Key for OpenAI or a server compatible with it; turns it on.",
  },
  OPENAI_BASE_URL: {
    type: "url",
    protocols: ["http:", "https:"],
    optional: true,
    description:
      "vLLM, Ollama (http://host:11434/v1) ...; turns it on, without a key too. OpenAI where absent.",
  },
  OPENAI_MODEL: {
    type: "text",
    default: "gpt-4o-mini",
    description: "Model requested from the OpenAI-compatible server.",
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
    description: "Model requested from Anthropic.",
  },
  AI_PROVIDER_ORDER: {
    type: "list",
    default: ["openai", "anthropic"],
    description: "Order of the providers; later ones are the fallback.",
  },
  AI_PROVIDERS: {
    type: "text",
    optional: true,
    description: "Any number of providers as JSON, in their order, in place of the variables above.",
  },
  AI_FIRST_TEXT_MS: {
    type: "integer",
    min: 100,
    max: 600_000,
    default: chainDefaults.firstTextMs,
    description: "Time limit for a provider's first text; after it the next provider is asked.",
  },
  AI_TOTAL_MS: {
    type: "integer",
    min: 100,
    max: 3_600_000,
    default: chainDefaults.totalMs,
    description: "How long a whole answer may take.",
  },
});

type ProviderEnvironment = EnvironmentOf<typeof providerEnvironment>;

/** Every environment variable that the ai-engine reads. */
export const aiEngineEnvironment = defineEnvironment({ ...serverEnvironment(3003), ...providerEnvironment });

/**
 * The providers that the environment enables, in order. None where nothing is set.
 *
 * @param secrets the environment, in which `AI_PROVIDERS` looks up the variables that it names.
 * @throws EnvironmentError with all problems.
 */
export function openProviders(env: ProviderEnvironment, secrets: Secrets = {}): readonly ChatProvider[] {
  if (env.AI_PROVIDERS !== null) return openConfiguredProviders(env.AI_PROVIDERS, secrets);
  const known: Readonly<Record<string, () => ChatProvider | null>> = {
    openai: () => openOpenAi(env),
    anthropic: () => openAnthropic(env),
  };
  const unknown = env.AI_PROVIDER_ORDER.filter((name) => !Object.hasOwn(known, name));
  if (unknown.length > 0) {
    const expected = Object.keys(known).join(", ");
    const problem = `${unknown.join(", ")} is not known: expected ${expected}`;
    throw new EnvironmentError([{ name: "AI_PROVIDER_ORDER", problem }]);
  }
  return [...new Set(env.AI_PROVIDER_ORDER)].flatMap((name) => known[name]?.() ?? []);
}

/** Time limits of providers. */
export function providerTimes(env: ProviderEnvironment): CallTimes {
  return { firstTextMs: env.AI_FIRST_TEXT_MS, totalMs: env.AI_TOTAL_MS };
}

function openOpenAi(env: ProviderEnvironment): ChatProvider | null {
  if (env.OPENAI_API_KEY === null && env.OPENAI_BASE_URL === null) return null;
  return createOpenAiProvider({
    name: "openai",
    baseUrl: env.OPENAI_BASE_URL ?? "https://api.openai.com/v1",
    apiKey: env.OPENAI_API_KEY,
    model: env.OPENAI_MODEL,
  });
}

function openAnthropic(env: ProviderEnvironment): ChatProvider | null {
  if (env.ANTHROPIC_API_KEY === null) return null;
  return createAnthropicProvider({
    name: "anthropic",
    apiKey: env.ANTHROPIC_API_KEY,
    model: env.ANTHROPIC_MODEL,
    ...(env.ANTHROPIC_BASE_URL === null ? {} : { baseUrl: env.ANTHROPIC_BASE_URL }),
  });
}
