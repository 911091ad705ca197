import type { Figure } from "./scenario.ts";

/** One line per figure, marked where it exceeds its bound. @returns how many do. */
export function printFigures(figures: readonly Figure[]): number {
  for (const figure of figures) console.log(lineOf(figure));
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
