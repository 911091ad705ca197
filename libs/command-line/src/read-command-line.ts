import { type ParseArgsConfig, parseArgs } from "node:util";

type Parsed<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<T>>;
type OptionOf<T extends ParseArgsConfig> = keyof NonNullable<T["options"]>;

export type CommandLine<T extends ParseArgsConfig> = Parsed<T> & {
  /** Exits as for an unknown option: prints the problem and the usage, with exit code 2. */
  readonly refuse: (problem: string) => never;
  /** An option's value as a number of 0 or more. Refuses anything else, and an option that is neither given nor has a default. */
  readonly number: (option: OptionOf<T>) => number;
  /** The same for a comma-separated list. */
  readonly numbers: (option: OptionOf<T>) => readonly number[];
};

/**
 * `parseArgs` of the program's arguments, or of `args` where given. `--help` prints the usage and exits with 0; invalid arguments print
 * the problem and the usage to stderr, and exit with 2.
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
    // parseArgs throws TypeErrors for invalid arguments
    if (!(thrown instanceof TypeError)) throw thrown;
    return refuse(thrown.message.replace(/\. To specify a positional argument [^]*$/, ""));
  }
}
