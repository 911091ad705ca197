/**
 * An environment variable of an app. Required unless it has a `default` or is `optional`. A `secret` can also be given as `<NAME>_FILE`,
 * the path of a file that contains it (Docker and Kubernetes secrets), and is never printed.
 */
export type EnvironmentVariable = Text | WholeNumber | Decimal | Flag | Choice | Url | List | Headers;

interface Common {
  /** One sentence, for the documentation's table. */
  readonly description: string;
  /** A sample value, shown when the variable is missing. */
  readonly example?: string;
  readonly secret?: true;
  /** Reads as `null` when absent. */
  readonly optional?: true;
}

interface Text extends Common {
  readonly type: "text";
  readonly default?: string;
  readonly charsMin?: number;
}

interface WholeNumber extends Common {
  /** `port` is an integer from 0 to 65535. */
  readonly type: "integer" | "port";
  readonly default?: number;
  readonly min?: number;
  readonly max?: number;
}

interface Decimal extends Common {
  readonly type: "number";
  readonly default?: number;
  readonly min?: number;
  readonly max?: number;
}

interface Flag extends Common {
  /** `true`, `1`, `yes`, `on` or `false`, `0`, `no`, `off`. */
  readonly type: "boolean";
  readonly default?: boolean;
}

interface Choice extends Common {
  readonly type: "choice";
  readonly choices: readonly string[];
  readonly default?: string;
}

interface Url extends Common {
  readonly type: "url";
  /** Allowed protocols, with the colon: `["postgres:", "postgresql:"]`. Any by default. */
  readonly protocols?: readonly string[];
  readonly default?: string;
}

interface List extends Common {
  /** Comma-separated; elements are trimmed, and empty ones dropped. */
  readonly type: "list";
  readonly default?: readonly string[];
}

interface Headers extends Common {
  /** `name=value,name2=value2`, values percent-encoded. */
  readonly type: "headers";
  readonly default?: Readonly<Record<string, string>>;
}

/** All variables an app reads: one table in `apps/<app>/src/environment.ts`, read by its `main.ts` and nowhere else. */
export type EnvironmentSchema = Readonly<Record<string, EnvironmentVariable>>;

type ValueOf<V extends EnvironmentVariable> = V extends WholeNumber | Decimal
  ? number
  : V extends Flag
    ? boolean
    : V extends Choice
      ? V["choices"][number]
      : V extends List
        ? readonly string[]
        : V extends Headers
          ? Readonly<Record<string, string>>
          : string;

/** The values that a schema yields, by name; `null` only for an absent `optional` variable. */
export type EnvironmentOf<S extends EnvironmentSchema> = {
  readonly [Name in keyof S]:
    | ValueOf<S[Name]>
    | (S[Name] extends { readonly default: unknown }
        ? never
        : S[Name] extends { readonly optional: true }
          ? null
          : never);
};

/** Returns the table with its literal types, from which the values' types are inferred. */
export function defineEnvironment<const S extends EnvironmentSchema>(schema: S): S {
  return schema;
}
