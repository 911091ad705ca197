import { CartwayError, messageOf } from "@libs/errors";

/** Describes, for the person who starts the process, why it failed: internal texts and causes included. */
export function startFailure(thrown: unknown): string {
  const reasons: string[] = [];
  for (let one: unknown = thrown; one !== undefined && reasons.length < 5; one = causeOf(one)) {
    const text = textOf(one);
    if (text !== "" && !reasons.some((reason) => reason.includes(text))) reasons.push(text);
  }
  return reasons.join(": ");
}

/** A failed start that another process has already reported: exit with its code, and print nothing more. */
export class ReportedFailure extends Error {
  override readonly name = "ReportedFailure";
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a `main.ts`. A failure to start is printed to stderr, and exits with 1. */
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
  // a connection attempt to several addresses of a name fails with an empty message
  if (thrown instanceof AggregateError && thrown.message === "") return thrown.errors.map(textOf).join(", ");
  return messageOf(thrown);
}

function causeOf(thrown: unknown): unknown {
  return thrown instanceof Error ? thrown.cause : undefined;
}
