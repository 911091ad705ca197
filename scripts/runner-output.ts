/** Reads a test runner's output line by line: what to show, and which tests passed only when they were run again. */
export interface RunnerOutput {
  /** What to show after this line: the line with its context, or nothing. */
  take(line: string): readonly string[];
  /** `file: suite > test`, in the order in which they passed. */
  readonly secondTries: readonly string[];
}

const file = /^\S+\.test\.tsx?:$/;
const passedAgain = /^\(pass\) (.*) \(attempt \d+\)(?: \[[^\]]*\])?$/;

/**
 * Reads the output of `bun test` without colours. Its own `--only-failures` leaves out the lines of tests that failed and then passed, and its
 * JUnit report does not distinguish them from others.
 */
export function createRunnerOutput(): RunnerOutput {
  const secondTries: string[] = [];
  /** The last named file that has not been shown. */
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
