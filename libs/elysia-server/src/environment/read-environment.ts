import { readFileSync } from "node:fs";
import type { EnvironmentOf, EnvironmentSchema, EnvironmentVariable } from "./environment-schema.ts";
import { parseVariable } from "./parse-variable.ts";

export interface EnvironmentProblem {
  readonly name: string;
  /** What is wrong and what was expected. Contains the value, except of a secret. */
  readonly problem: string;
}

/** All problems of the environment at once, so that an app need not be started once per problem. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
  readonly problems: readonly EnvironmentProblem[];

  constructor(problems: readonly EnvironmentProblem[]) {
    const lines = problems.map(({ name, problem }) => `  ${name}: ${problem}`);
    super(`the environment cannot be used:\n${lines.join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Parses an app's environment. An empty variable counts as absent, because docker compose passes unset ones that way.
 * @param env `process.env`, which only `main.ts` may read.
 * @throws EnvironmentError with every problem.
 */
export function readEnvironment<const S extends EnvironmentSchema>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): EnvironmentOf<S> {
  const problems: EnvironmentProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(schema)) {
    const found = readVariable(name, variable, env);
    if (found.problem === null) values[name] = found.value;
    else problems.push({ name, problem: found.problem });
  }
  if (problems.length > 0) throw new EnvironmentError(problems);
  return values as EnvironmentOf<S>;
}

type Found = { readonly problem: null; readonly value: unknown } | { readonly problem: string };

function readVariable(
  name: string,
  variable: EnvironmentVariable,
  env: Readonly<Record<string, string | undefined>>,
): Found {
  const direct = env[name] === "" ? undefined : env[name];
  const file = env[`${name}_FILE`] === "" ? undefined : env[`${name}_FILE`];
  if (file === undefined) return direct === undefined ? absent(variable) : parse(variable, direct);
  if (variable.secret !== true)
    return { problem: `${name}_FILE is set, but only secrets are read from files` };
  if (direct !== undefined) return { problem: `both ${name} and ${name}_FILE are set, give one` };
  return parseFile(variable, file);
}

function absent(variable: EnvironmentVariable): Found {
  if (variable.default !== undefined) return { problem: null, value: variable.default };
  if (variable.optional === true) return { problem: null, value: null };
  const file = variable.secret === true ? " (or the same name with _FILE, a path)" : "";
  const example = variable.example === undefined ? "" : ` For example ${variable.example}`;
  return { problem: `is not set; needed: ${variable.description}${file}${example}` };
}

function parseFile(variable: EnvironmentVariable, file: string): Found {
  try {
    return parse(variable, readFileSync(file, "utf8").replace(/\r?\n$/, ""));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return { problem: `the file ${file} cannot be read (${code})` };
  }
}

function parse(variable: EnvironmentVariable, text: string): Found {
  const parsed = parseVariable(variable, text);
  if (parsed.ok) return { problem: null, value: parsed.value };
  const shown = variable.secret === true ? "its value" : JSON.stringify(text.slice(0, 100));
  return { problem: `${shown} is not ${parsed.expected}` };
}
