/**
 * An OpenAPI document whose bodies and answers are JSON alone where they may be: the plugin offers each as form and as text
 * besides, which no app reads, and a generated client takes its word. Others, such as Prometheus' text, stay.
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
