import { type ParseArgsConfig, parseArgs } from "node:util";

type Parsed<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<T>>;

export type CommandLine<T extends ParseArgsConfig> = Parsed<T> & {
  /** Ends the program as it ends for an option that there is not: the problem, the usage, 2. */
  readonly refuse: (problem: string) => never;
};

/**
 * `parseArgs` of a program's own arguments, or of `args` where they are given. `--help` prints the usage and ends with 0; what
 * is not understood is told above the usage and ends with 2, on stderr.
 */
export function readCommandLine<const T extends ParseArgsConfig>(usage: string, config: T): CommandLine<T> {
  const args = config.args ?? process.argv.slice(2);
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  const refuse = (problem: string): never => {
    process.stderr.write(`${problem}\n\n${usage}\n`);
    process.exit(2);
  };
  try {
    return { ...parseArgs<T>(config), refuse };
  } catch (thrown) {
    // parseArgs throws TypeErrors of its own for what it does not know
    if (!(thrown instanceof TypeError)) throw thrown;
    return refuse(thrown.message.replace(/\. To specify a positional argument [^]*$/, ""));
  }
}
