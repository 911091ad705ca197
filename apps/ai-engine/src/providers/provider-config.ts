import { readFileSync } from "node:fs";
import { EnvironmentError } from "@libs/elysia-server";
import { messageOf } from "@libs/errors";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { createAnthropicProvider } from "./anthropic-provider.ts";
import { createOpenAiProvider } from "./openai-provider.ts";
import type { ChatProvider } from "./provider.ts";

/** A secret by reference, never by value. */
const Secret = Type.Union([
  Type.Object({ env: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
  Type.Object({ file: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
]);

const ProviderConfig = Type.Object(
  {
    name: Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,31}$", description: "Label in metrics and answers." }),
    type: Type.Union([Type.Literal("openai"), Type.Literal("anthropic")]),
    model: Type.String({ minLength: 1, maxLength: 128 }),
    baseUrl: Type.Optional(
      Type.String({ pattern: "^https?://", description: "The maker's own where absent." }),
    ),
    apiKey: Type.Optional(Secret),
  },
  { additionalProperties: false },
);

/** The providers in the order in which they are called. */
const ProviderConfigs = Type.Array(ProviderConfig, { minItems: 1, maxItems: 20 });

type ProviderConfigValue = Static<typeof ProviderConfig>;
export type Secrets = Readonly<Record<string, string | undefined>>;

const issuesMax = 10;
const openAiUrl = "https://api.openai.com/v1";

/** One line per type of provider. */
const types = {
  openai: ({ name, model, baseUrl = openAiUrl }, apiKey) => {
    if (apiKey === null && baseUrl === openAiUrl)
      throw new Error(`${name}: apiKey is needed for ${openAiUrl}`);
    return createOpenAiProvider({ name, model, baseUrl, apiKey });
  },
  anthropic: ({ name, model, baseUrl }, apiKey) => {
    if (apiKey === null) throw new Error(`${name}: apiKey is needed`);
    return createAnthropicProvider({ name, model, apiKey, ...(baseUrl === undefined ? {} : { baseUrl }) });
  },
} satisfies Record<
  ProviderConfigValue["type"],
  (config: ProviderConfigValue, apiKey: string | null) => ChatProvider
>;

/**
 * Opens providers from their config as JSON: `[{ "name", "type", "model", "baseUrl"?, "apiKey"?: { "env" } | { "file" } }]`.
 *
 * @throws EnvironmentError with every problem and its place; contains no secret's value.
 */
export function openConfiguredProviders(json: string, secrets: Secrets): readonly ChatProvider[] {
  const configs = parse(json);
  if (!Value.Check(ProviderConfigs, configs)) {
    const found = [...Value.Errors(ProviderConfigs, configs)].map(
      ({ path, message }) => `${path || "/"}: ${message}`,
    );
    throw refusal([...new Set(found)].slice(0, issuesMax));
  }
  const problems: string[] = [];
  const names = configs.map(({ name }) => name);
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index)))
    problems.push(`${name}: the name is taken`);
  const providers = configs.flatMap((config) => {
    try {
      return [types[config.type](config, readSecret(config, secrets))];
    } catch (thrown) {
      problems.push(messageOf(thrown));
      return [];
    }
  });
  if (problems.length > 0) throw refusal(problems);
  return providers;
}

function refusal(problems: readonly string[]): EnvironmentError {
  return new EnvironmentError(problems.map((problem) => ({ name: "AI_PROVIDERS", problem })));
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) throw refusal(["it is not valid JSON"]);
    throw thrown;
  }
}

function readSecret({ name, apiKey }: ProviderConfigValue, secrets: Secrets): string | null {
  if (apiKey === undefined) return null;
  if ("env" in apiKey) {
    const value = secrets[apiKey.env] ?? "";
    if (value === "") throw new Error(`${name}: the variable ${apiKey.env} is not set`);
    return value;
  }
  try {
    return readFileSync(apiKey.file, "utf8").trim();
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown";
    throw new Error(`${name}: the file ${apiKey.file} cannot be read (${code})`, { cause: thrown });
  }
}
