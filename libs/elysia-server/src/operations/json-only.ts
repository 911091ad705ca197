/**
 * Reduces bodies and answers that have a JSON variant to that one: the plugin also lists each as form and text, which no app accepts, and
 * generated clients would use them. Other types, such as Prometheus' text, are kept.
 */
export function jsonOnly(document: unknown): unknown {
  if (Array.isArray(document)) return document.map(jsonOnly);
  if (typeof document !== "object" || document === null) return document;
  return Object.fromEntries(
    Object.entries(document).map(([key, value]: [string, unknown]) => [
      key,
      key === "content" ? jsonContent(value) : jsonOnly(value),
    ]),
  );
}

function jsonContent(content: unknown): unknown {
  if (typeof content !== "object" || content === null || !("application/json" in content)) return content;
  return { "application/json": content["application/json"] };
}
