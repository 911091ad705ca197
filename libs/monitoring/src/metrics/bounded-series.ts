/** The value of every label in the series that collects the overflow. */
const overflowValue = "__other__";

/** Shared by a whole registry; a series weighs as many as it has lines, so a histogram's weighs more. */
export interface SeriesBudget {
  left: number;
}

export interface BoundedSeriesOptions<Cell> {
  readonly seriesMax: number;
  readonly budget: SeriesBudget;
  /** The weight of one series in the budget. */
  readonly weight: number;
  readonly create: (values: readonly string[]) => Cell;
  /** Called whenever a new set of label values goes to the overflow series. */
  readonly onOverflow: () => void;
}

/** Lines that a metric may have whatever the others took: thousands of routes must not hide the process or its services. */
const ownLines = 20;

/** Longer values are truncated: labels are ids, not texts. */
const valueCharsMax = 128;

/**
 * The series of a metric, by label values. Beyond `seriesMax` or the registry's budget, further values share one series, so that memory
 * and scrapes stay bounded whatever callers send.
 */
export class BoundedSeries<Cell> {
  readonly #options: BoundedSeriesOptions<Cell>;
  readonly #series = new Map<string, Cell>();
  #overflow: Cell | null = null;

  constructor(options: BoundedSeriesOptions<Cell>) {
    this.#options = options;
  }

  get(values: readonly string[]): Cell {
    const key = keyOf(values);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (!this.#hasRoom()) return this.#openOverflow(values.length);
    const { budget, weight, create } = this.#options;
    budget.left -= weight;
    const made = create(values.map(cut));
    this.#series.set(key, made);
    return made;
  }

  remove(values: readonly string[]): void {
    if (this.#series.delete(keyOf(values))) this.#options.budget.left += this.#options.weight;
  }

  *all(): Generator<Cell> {
    yield* this.#series.values();
    if (this.#overflow !== null) yield this.#overflow;
  }

  #hasRoom(): boolean {
    const { seriesMax, budget, weight } = this.#options;
    const { size } = this.#series;
    if (size >= seriesMax) return false;
    return budget.left >= weight || (size + 1) * weight <= ownLines;
  }

  #openOverflow(count: number): Cell {
    this.#options.onOverflow();
    this.#overflow ??= this.#options.create(Array.from({ length: count }, () => overflowValue));
    return this.#overflow;
  }
}

function keyOf(values: readonly string[]): string {
  if (values.length === 1) return cut(values[0] ?? "");
  return values.map(cut).join("\u0000");
}

function cut(value: string): string {
  return value.length > valueCharsMax ? value.slice(0, valueCharsMax) : value;
}
