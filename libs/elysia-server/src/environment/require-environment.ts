import type { EnvironmentOf, EnvironmentSchema } from "./environment-schema.ts";
import { EnvironmentError, readEnvironment } from "./read-environment.ts";

/** `readEnvironment` for a `main.ts`: prints problems for a person, without a stack, and exits with 1. */
export function requireEnvironment<const S extends EnvironmentSchema>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): EnvironmentOf<S> {
  try {
    return readEnvironment(schema, env);
  } catch (thrown) {
    if (!(thrown instanceof EnvironmentError)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exit(1);
  }
}
