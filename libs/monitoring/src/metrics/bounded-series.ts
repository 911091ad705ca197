/** The value every label takes in the one series that counts what came after the bound was reached. */
const overflowValue = "__other__";

/** How many series a whole registry may still make: a histogram's series weighs as many as it has lines. */
export interface SeriesBudget {
  left: number;
}

export interface BoundedSeries<Bound> {
  get(values: readonly string[]): Bound;
  remove(values: readonly string[]): void;
}

export interface BoundedSeriesOptions<Bound> {
  readonly seriesMax: number;
  readonly budget: SeriesBudget;
  /** What one series takes from the budget. */
  readonly weight: number;
  readonly create: (values: readonly string[]) => Bound;
  /** Given the values that `create` was given. */
  readonly forget: (values: readonly string[]) => void;
  /** Called each time a new set of values had to go to the overflow series. */
  readonly onOverflow: () => void;
}

/** Longer values are cut: a label is an id, not a text. */
const valueCharsMax = 128;

/**
 * The series of one metric by their label values. Beyond `seriesMax`, or when the registry's budget is used up, further
 * sets of values share one series: memory and the scrape stay bounded whatever callers send.
 */
export function createBoundedSeries<Bound>(options: BoundedSeriesOptions<Bound>): BoundedSeries<Bound> {
  const { seriesMax, budget, weight, create, forget, onOverflow } = options;
  const series = new Map<string, Bound>();
  let overflow: Bound | undefined;

  function openOverflow(count: number): Bound {
    onOverflow();
    overflow ??= create(Array.from({ length: count }, () => overflowValue));
    return overflow;
  }

  return {
    get(values) {
      const key = keyOf(values);
      const known = series.get(key);
      if (known !== undefined) return known;
      if (series.size >= seriesMax || budget.left < weight) return openOverflow(values.length);
      budget.left -= weight;
      const made = create(values.map(cut));
      series.set(key, made);
      return made;
    },
    remove(values) {
      if (!series.delete(keyOf(values))) return;
      budget.left += weight;
      forget(values.map(cut));
    },
  };
}

function keyOf(values: readonly string[]): string {
  if (values.length === 1) return cut(values[0] ?? "");
  return values.map(cut).join("\u0000");
}

function cut(value: string): string {
  return value.length > valueCharsMax ? value.slice(0, valueCharsMax) : value;
}
