import { messageOf } from "@libs/errors";

/**
 * Awaits something that a program cannot do without. On failure prints the reason as one line on stderr and exits with 1: a stack would
 * not help the person who typed the command.
 *
 * @param what precedes the reason.
 */
export async function orEnd<T>(needed: Promise<T>, what?: string): Promise<T> {
  try {
    return await needed;
  } catch (thrown) {
    const reason = messageOf(thrown);
    process.stderr.write(`${what === undefined ? "" : `${what}: `}${reason}\n`);
    process.exit(1);
  }
}
