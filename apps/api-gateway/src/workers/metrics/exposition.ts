/** A metric family with its lines, in the text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats). */
export interface ExposedFamily {
  readonly name: string;
  /** Its `# HELP` line. */
  readonly help: string;
  readonly type: string;
  /** Values by name and labels. */
  readonly series: Map<string, number>;
}

/** Parses the output of `Metrics.render`: each family's two comments precede its lines. */
export function readExposition(text: string): Map<string, ExposedFamily> {
  const families = new Map<string, ExposedFamily>();
  let help = "";
  let family: ExposedFamily | null = null;
  for (const line of text.split("\n")) {
    if (line.startsWith("# HELP ")) help = line;
    else if (line.startsWith("# TYPE ")) {
      const [, , name = "", type = ""] = line.split(" ");
      family = { name, help, type, series: new Map() };
      families.set(name, family);
    } else if (line !== "" && family !== null) {
      // labels may hold spaces, values hold none
      const space = line.lastIndexOf(" ");
      family.series.set(line.slice(0, space), readValue(line.slice(space + 1)));
    }
  }
  return families;
}

export function writeExposition(families: Iterable<ExposedFamily>): string {
  const lines: string[] = [];
  for (const { name, help, type, series } of families) {
    lines.push(help, `# TYPE ${name} ${type}`);
    for (const [key, value] of series) lines.push(`${key} ${writeValue(value)}`);
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** `a{b="c"}` with one label more. */
export function withLabel(key: string, label: string, value: string): string {
  const added = `${label}="${value}"`;
  return key.endsWith("}") ? `${key.slice(0, -1)},${added}}` : `${key}{${added}}`;
}

function readValue(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

function writeValue(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}
