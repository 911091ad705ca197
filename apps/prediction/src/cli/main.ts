/**
 * `bun run prediction <command>`:
 * evaluate --train A.csv --test B.csv: trains on A and reports how well it predicts B
 * train --data A.csv --out model.json: trains the model that the service ships with
 * compare --data A.csv: cross-validates the model families that were considered
 */
import { readCommandLine } from "@libs/command-line";
import { CsvError } from "../features/read-csv.ts";
import { compareFamilies } from "./compare.ts";
import { evaluate } from "./evaluate.ts";
import { train } from "./train.ts";

const commands = { compare: compareFamilies, evaluate, train } as const;

const usage = `usage:
  bun run prediction evaluate --train A.csv --test B.csv   trains on A and tells how well it predicts B
  bun run prediction train --data A.csv --out model.json   trains the model that the service ships with
  bun run prediction compare --data A.csv                  cross-validates the families that were considered`;
const { values, positionals, refuse } = readCommandLine(usage, {
  allowPositionals: true,
  options: {
    train: { type: "string" },
    test: { type: "string" },
    data: { type: "string" },
    out: { type: "string" },
    licence: { type: "string" },
  },
});
const command = Object.entries(commands).find(([name]) => name === positionals[0])?.[1];
try {
  await (command ?? refuse("no command is given"))(values);
} catch (thrown) {
  if (!(thrown instanceof CsvError)) throw thrown;
  console.error(thrown.message);
  process.exitCode = 1;
}
