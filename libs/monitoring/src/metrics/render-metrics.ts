/** A metric's description and values. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** Iterated once, in slices: a generator therefore yields to the event loop. */
  values(): Iterable<SeriesValue>;
}

/** Lines per turn of the event loop: about 0.1 ms. */
const linesPerSlice = 100;

export interface SeriesValue {
  readonly value: number;
  readonly labels: Labels;
  /** Name and labels as text, where cached. */
  readonly text?: string;
}

export type Labels = Readonly<Partial<Record<string, string | number>>>;

/**
 * The text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats). Thousands of series
 * in one go would delay every request: it yields to the event loop after each slice.
 */
export async function renderMetrics(families: Iterable<Family>): Promise<string> {
  const blocks: string[] = [];
  let lines: string[] = [];
  for (const family of families) {
    const { name, help, type } = family;
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
    for (const entry of family.values()) {
      const text = entry.text ?? `${name}${renderLabels(entry.labels)}`;
      lines.push(`${text} ${renderValue(entry.value)}`);
      if (lines.length >= linesPerSlice) {
        blocks.push(lines.join("\n"));
        lines = [];
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
  if (lines.length > 0) blocks.push(lines.join("\n"));
  return blocks.length === 0 ? "" : `${blocks.join("\n")}\n`;
}

/** `{a="b"}`, or nothing without labels. */
export function renderLabels(labels: Labels): string {
  let text = "";
  for (const name in labels)
    text += `${text === "" ? "" : ","}${name}="${escapeLabel(String(labels[name]))}"`;
  return text === "" ? "" : `{${text}}`;
}

/**
 * Escapes a label value: an unescaped line feed would let a header's value inject metrics. The format knows these three escapes, and
 * parsers reject the whole text for any other.
 */
function escapeLabel(value: string): string {
  if (!/[\\\n"]/.test(value)) return value;
  return value.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"');
}

function escapeHelp(help: string): string {
  return help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n");
}

function renderValue(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}
