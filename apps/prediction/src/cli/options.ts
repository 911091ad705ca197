import { CsvError, type LabelledSession, readCsv } from "../features/read-csv.ts";

/** The options of the command line, by name. */
export type Options = Readonly<Record<string, string | undefined>>;

/** @throws CsvError where the option is missing or its file cannot be read. */
export async function readSessions(options: Options, name: string): Promise<LabelledSession[]> {
  const path = options[name];
  if (path === undefined) throw new CsvError(`--${name} FILE.csv is missing`);
  const file = Bun.file(path);
  if (!(await file.exists())) throw new CsvError(`--${name}: there is no file ${path}`);
  return readCsv(path, await file.text());
}
