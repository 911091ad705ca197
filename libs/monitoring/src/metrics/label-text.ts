const encoder = new TextEncoder();

/** The labels of a series in the text format: `a="b",c="d"`. */
export function renderLabels(names: readonly string[], values: readonly string[]): string {
  return names.map((name, index) => `${name}="${escapeLabel(values[index] ?? "")}"`).join(",");
}

/** What stands before a value in the text format: `name{a="b"} `. @param labels as rendered; `""` for none */
export function lineStart(name: string, labels: string): Uint8Array {
  return encoder.encode(labels === "" ? `${name} ` : `${name}{${labels}} `);
}

/**
 * Escapes a label value: an unescaped line feed would let a header's value inject metrics. The format knows these three escapes, and
 * parsers reject the whole text for any other.
 */
function escapeLabel(value: string): string {
  if (!/[\\\n"]/.test(value)) return value;
  return value.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"');
}
