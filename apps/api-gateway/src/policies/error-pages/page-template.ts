/** Placeholders of a page: nothing that the JSON envelope does not show. */
export interface PageValues {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
}

const names = ["status", "code", "message", "requestId"] as const;

/** Unknown placeholders in a page, which would be shown literally. */
export function unknownPlaceholders(text: string): readonly string[] {
  const known: readonly string[] = names;
  return [...text.matchAll(/\{error\.(\w*)\}/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !known.includes(name));
}

export const placeholdersExpected = `one of ${names.map((name) => `{error.${name}}`).join(", ")}`;

/** A parsed page: texts with placeholders between them. */
export function compilePage(text: string): (values: PageValues) => string {
  const parts = text.split(/\{error\.(status|code|message|requestId)\}/);
  return (values) =>
    parts.map((part, index) => (index % 2 === 0 ? part : escapeHtml(String(valueOf(values, part))))).join("");
}

function valueOf(values: PageValues, name: string): string | number {
  return values[names.find((known) => known === name) ?? "code"];
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For text and for attributes in quotes. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}
