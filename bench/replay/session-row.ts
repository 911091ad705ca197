/** One real visit: a row of the data set, as `shared/data/README` names its columns. Durations are in seconds. */
export interface SessionRow {
  readonly administrative: PageGroup;
  readonly informational: PageGroup;
  readonly product: PageGroup;
  readonly bounceRate: number;
  readonly exitRate: number;
  readonly pageValue: number;
  readonly specialDay: number;
  readonly month: string;
  readonly operatingSystem: number;
  readonly browser: number;
  readonly region: number;
  readonly trafficType: number;
  readonly visitorType: string;
  readonly weekend: boolean;
  /** Did the visit end in a purchase: what the platform's prediction is judged by, never sent before it was made. */
  readonly revenue: boolean;
}

export interface PageGroup {
  readonly pages: number;
  readonly seconds: number;
}

/** Reads the data set. Throws naming the line and the column where a value is not what it has to be. */
export async function readSessionRows(path: string): Promise<SessionRow[]> {
  const lines = (await Bun.file(path).text()).split(/\r?\n/).filter((line) => line !== "");
  const header = lines[0]?.split(",") ?? [];
  return lines.slice(1).map((line, index) => readRow(new Cells(header, line.split(","), index + 2)));
}

function readRow(cells: Cells): SessionRow {
  return {
    administrative: {
      pages: cells.number("Administrative"),
      seconds: cells.number("Administrative_Duration"),
    },
    informational: { pages: cells.number("Informational"), seconds: cells.number("Informational_Duration") },
    product: { pages: cells.number("ProductRelated"), seconds: cells.number("ProductRelated_Duration") },
    bounceRate: cells.number("BounceRates"),
    exitRate: cells.number("ExitRates"),
    pageValue: cells.number("PageValues"),
    specialDay: cells.number("SpecialDay"),
    month: cells.text("Month"),
    operatingSystem: cells.number("OperatingSystems"),
    browser: cells.number("Browser"),
    region: cells.number("Region"),
    trafficType: cells.number("TrafficType"),
    visitorType: cells.text("VisitorType"),
    weekend: cells.truth("Weekend"),
    revenue: cells.truth("Revenue"),
  };
}

class Cells {
  readonly #header: readonly string[];
  readonly #values: readonly string[];
  readonly #line: number;

  constructor(header: readonly string[], values: readonly string[], line: number) {
    this.#header = header;
    this.#values = values;
    this.#line = line;
  }

  text(column: string): string {
    const value = this.#values[this.#header.indexOf(column)];
    if (value === undefined) throw new Error(`line ${this.#line}: the column ${column} is missing`);
    return value;
  }

  number(column: string): number {
    const value = Number(this.text(column));
    if (!Number.isFinite(value) || value < 0) throw this.#unexpected(column, "a number of 0 or more");
    return value;
  }

  truth(column: string): boolean {
    const value = this.text(column).toUpperCase();
    if (value !== "TRUE" && value !== "FALSE") throw this.#unexpected(column, "TRUE or FALSE");
    return value === "TRUE";
  }

  #unexpected(column: string, expected: string): Error {
    return new Error(
      `line ${this.#line}, ${column}: expected ${expected}, found ${JSON.stringify(this.text(column))}`,
    );
  }
}
