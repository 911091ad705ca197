/**
 * What a program cannot go on without, or its end: why it is not to be had is told in one line on stderr, and ends the program with 1. Who
 * typed the command is helped by no stack.
 *
 * @param what stands before the reason.
 */
export async function orEnd<T>(needed: Promise<T>, what?: string): Promise<T> {
  try {
    return await needed;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    process.stderr.write(`${what === undefined ? "" : `${what}: `}${reason}\n`);
    process.exit(1);
  }
}
