import { TextLines } from "./text-lines.ts";

/** A metric's description and series. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly series: () => Iterable<Series>;
}

export interface Series {
  /** Writes its lines; none where it has nothing to show yet. */
  write(lines: TextLines): void;
}

/**
 * The text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats), in chunks. The event loop turns after each: all
 * lines at once would delay every request.
 *
 * @param further lines that are ready, to end with
 */
export async function* renderMetrics(
  families: Iterable<Family>,
  further: string,
): AsyncGenerator<Uint8Array, void, void> {
  const lines = new TextLines();
  for (const { name, help, type, series } of families) {
    lines.addText(`# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}`);
    for (const one of series()) {
      one.write(lines);
      for (const chunk of lines.takeFull()) {
        yield chunk;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
  if (further !== "") lines.addText(further.trimEnd());
  yield* lines.takeRest();
}

function escapeHelp(help: string): string {
  return help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n");
}
