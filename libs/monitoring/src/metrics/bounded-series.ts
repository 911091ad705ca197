/** The value of every label in the series that collects the overflow. */
const overflowValue = "__other__";

/** Shared by a whole registry; a series weighs as many as it has lines, so a histogram's weighs more. */
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
  /** The weight of one series in the budget. */
  readonly weight: number;
  readonly create: (values: readonly string[]) => Bound;
  /** Receives the values that `create` received. */
  readonly forget: (values: readonly string[]) => void;
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
      const isWithinOwn = (series.size + 1) * weight <= ownLines;
      if (series.size >= seriesMax || (budget.left < weight && !isWithinOwn))
        return openOverflow(values.length);
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
