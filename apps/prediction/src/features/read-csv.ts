import type { SessionFacts } from "./session-facts.ts";

/** A visit from a file, with its outcome. */
export interface LabelledSession {
  readonly facts: SessionFacts;
  /** True where it ended in a purchase. */
  readonly purchased: boolean;
}

/** Names the place of an error in a file. */
export class CsvError extends Error {
  override readonly name = "CsvError";
}

const months: Readonly<Record<string, number>> = {
  jan: 1,
  feb: 2,
  mar: 3,
  apr: 4,
  may: 5,
  jun: 6,
  june: 6,
  jul: 7,
  july: 7,
  aug: 8,
  sep: 9,
  sept: 9,
  oct: 10,
  nov: 11,
  dec: 12,
};

/** The number of a month's English name, short or long, or `null`. */
export function monthNumber(name: string): number | null {
  const lower = name.toLowerCase();
  return months[lower] ?? months[lower.slice(0, 3)] ?? null;
}

const columns = [
  "Administrative",
  "Administrative_Duration",
  "Informational",
  "Informational_Duration",
  "ProductRelated",
  "ProductRelated_Duration",
  "BounceRates",
  "ExitRates",
  "PageValues",
  "SpecialDay",
  "Month",
  "OperatingSystems",
  "Browser",
  "Region",
  "TrafficType",
  "VisitorType",
  "Weekend",
  "Revenue",
] as const;

type Column = (typeof columns)[number];

/** Reads the columns of the Online Shoppers Purchasing Intention data set, in any order. @throws CsvError */
export function readCsv(file: string, text: string): LabelledSession[] {
  const lines = text.split(/\r?\n/);
  const header = (lines[0] ?? "").split(",").map((name) => name.trim());
  const missing = columns.filter((column) => !header.includes(column));
  if (missing.length > 0) throw new CsvError(`${file}:1: missing columns ${missing.join(", ")}`);
  const sessions: LabelledSession[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === "") continue;
    sessions.push(readRow(new Row({ file, line: index + 1, header, cells: line.split(",") })));
  }
  if (sessions.length === 0) throw new CsvError(`${file}: holds no rows`);
  return sessions;
}

function readRow(row: Row): LabelledSession {
  return {
    facts: {
      administrative: { pages: row.number("Administrative"), seconds: row.number("Administrative_Duration") },
      informational: { pages: row.number("Informational"), seconds: row.number("Informational_Duration") },
      product: { pages: row.number("ProductRelated"), seconds: row.number("ProductRelated_Duration") },
      bounceRate: row.number("BounceRates"),
      exitRate: row.number("ExitRates"),
      pageValue: row.number("PageValues"),
      specialDay: row.number("SpecialDay"),
      month: row.month("Month"),
      operatingSystem: row.number("OperatingSystems"),
      browser: row.number("Browser"),
      region: row.number("Region"),
      trafficType: row.number("TrafficType"),
      visitorType: row.visitorType("VisitorType"),
      weekend: row.truth("Weekend"),
    },
    purchased: row.truth("Revenue"),
  };
}

interface RowParts {
  readonly file: string;
  readonly line: number;
  readonly header: readonly string[];
  readonly cells: readonly string[];
}

class Row {
  readonly #parts: RowParts;

  constructor(parts: RowParts) {
    this.#parts = parts;
  }

  number(column: Column): number {
    const text = this.#text(column);
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) throw this.#unexpected(column, "a number");
    // Some durations of the original data are -1 for "not measured".
    return Math.max(0, value);
  }

  month(column: Column): number {
    const value = monthNumber(this.#text(column));
    if (value === null) throw this.#unexpected(column, "a month such as Nov");
    return value;
  }

  visitorType(column: Column): SessionFacts["visitorType"] {
    const text = this.#text(column);
    if (text === "Returning_Visitor") return "returning";
    if (text === "New_Visitor") return "new";
    if (text === "Other") return "other";
    throw this.#unexpected(column, "Returning_Visitor, New_Visitor or Other");
  }

  truth(column: Column): boolean {
    const text = this.#text(column).toUpperCase();
    if (text === "TRUE" || text === "1") return true;
    if (text === "FALSE" || text === "0") return false;
    throw this.#unexpected(column, "TRUE or FALSE");
  }

  #text(column: Column): string {
    return (this.#parts.cells[this.#parts.header.indexOf(column)] ?? "").trim();
  }

  #unexpected(column: Column, expected: string): CsvError {
    return new CsvError(
      `${this.#parts.file}:${this.#parts.line}: ${column}: expected ${expected}, found ${JSON.stringify(this.#text(column))}`,
    );
  }
}
