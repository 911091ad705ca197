import { type ParseArgsConfig, parseArgs } from "node:util";

type Parsed<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<T>>;
type OptionOf<T extends ParseArgsConfig> = keyof NonNullable<T["options"]>;

export type CommandLine<T extends ParseArgsConfig> = Parsed<T> & {
  /** Ends the program as it ends for an option that there is not: the problem, the usage, 2. */
  readonly refuse: (problem: string) => never;
  /** What an option says, as a number of 0 or more. Refuses what is none, and an option that is neither given nor has a default. */
  readonly number: (option: OptionOf<T>) => number;
  /** The same of several, separated by commas. */
  readonly numbers: (option: OptionOf<T>) => readonly number[];
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
  const parsed = parse(config, refuse);
  const textOf = (option: OptionOf<T>): string => String(Reflect.get(parsed.values, option) ?? "");
  const toNumber = (option: OptionOf<T>, text: string): number =>
    /^\d+(\.\d+)?$/.test(text)
      ? Number(text)
      : refuse(`--${String(option)}: expected a number of 0 or more, found ${JSON.stringify(text)}`);
  return {
    ...parsed,
    refuse,
    number: (option) => toNumber(option, textOf(option)),
    numbers: (option) =>
      textOf(option)
        .split(",")
        .map((text) => toNumber(option, text)),
  };
}

function parse<const T extends ParseArgsConfig>(config: T, refuse: (problem: string) => never): Parsed<T> {
  try {
    return parseArgs<T>(config);
  } catch (thrown) {
    // parseArgs throws TypeErrors of its own for what it does not know
    if (!(thrown instanceof TypeError)) throw thrown;
    return refuse(thrown.message.replace(/\. To specify a positional argument [^]*$/, ""));
  }
}
