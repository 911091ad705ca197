import { CartwayError } from "@libs/errors";

/** Why something could not start, for the person who starts it: what is known inside, and what it came from. */
export function startFailure(thrown: unknown): string {
  const reasons: string[] = [];
  for (let one: unknown = thrown; one !== undefined && reasons.length < 5; one = causeOf(one)) {
    const text = textOf(one);
    if (text !== "" && !reasons.some((reason) => reason.includes(text))) reasons.push(text);
  }
  return reasons.join(": ");
}

/** A start that failed and was told of already, by another process: this one ends with that one's code and adds nothing. */
export class ToldFailure extends Error {
  override readonly name = "ToldFailure";
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a `main.ts`. What keeps it from starting is told on stderr, and ends the process with 1. */
export async function startProcess(name: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (thrown) {
    process.stderr.write(`${name} cannot start: ${startFailure(thrown)}\n`);
    process.exit(1);
  }
}

function textOf(thrown: unknown): string {
  if (thrown instanceof CartwayError) return thrown.internal ?? thrown.message;
  // a connection to several addresses of one name fails as a whole, without a word of its own
  if (thrown instanceof AggregateError && thrown.message === "") return thrown.errors.map(textOf).join(", ");
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function causeOf(thrown: unknown): unknown {
  return thrown instanceof Error ? thrown.cause : undefined;
}
