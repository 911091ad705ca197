/** What a benchmark has measured, and what it has to be. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The bound of the figure, if it has one. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** One line per figure, marked where it is beyond its bound, or no number. @returns how many are. */
export function printFigures(figures: readonly Figure[]): number {
  for (const figure of figures) process.stdout.write(`${lineOf(figure)}\n`);
  return figures.filter((figure) => !isKept(figure)).length;
}

function isKept({
  value,
  atMost = Number.POSITIVE_INFINITY,
  atLeast = Number.NEGATIVE_INFINITY,
}: Figure): boolean {
  return value <= atMost && value >= atLeast;
}

function lineOf(figure: Figure): string {
  const { what, value, unit, atMost, atLeast } = figure;
  const bound =
    atMost !== undefined ? `at most ${atMost}` : atLeast !== undefined ? `at least ${atLeast}` : "";
  const rounded = Math.round(value * 1000) / 1000;
  return `  ${what.padEnd(58)} ${String(rounded).padStart(12)} ${unit.padEnd(6)} ${bound} ${isKept(figure) ? "" : "BROKEN"}`;
}
