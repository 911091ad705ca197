/** What a test runner prints, read line by line: what is worth showing, and which tests passed only when they were run again. */
export interface RunnerOutput {
  /** What to show now that this line has come: with it what it belongs to, or nothing. */
  take(line: string): readonly string[];
  /** `file: suite > test`, in the order in which they passed. */
  readonly secondTries: readonly string[];
}

const file = /^\S+\.test\.tsx?:$/;
const passedAgain = /^\(pass\) (.*) \(attempt \d+\)(?: \[[^\]]*\])?$/;

/**
 * Reads what `bun test` prints without colours. Its own `--only-failures` leaves out the lines of tests that failed and then passed, and its
 * JUnit report does not tell them from any other.
 */
export function createRunnerOutput(): RunnerOutput {
  const secondTries: string[] = [];
  /** The last file that was named and has not been shown. */
  let heading: string | null = null;
  let current = "";
  return {
    secondTries,
    take(line) {
      if (file.test(line)) {
        current = line.slice(0, -1);
        heading = line;
        return [];
      }
      const again = passedAgain.exec(line)?.[1];
      if (again !== undefined) secondTries.push(`${current}: ${again}`);
      else if (/^\((pass|skip)\) /.test(line) || line === "") return [];
      const shown = heading === null ? [line] : ["", heading, line];
      heading = null;
      return shown;
    },
  };
}
