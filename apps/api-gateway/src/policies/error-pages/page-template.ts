/** What a page may tell of an error: nothing that the envelope does not. */
export interface PageValues {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
}

const names = ["status", "code", "message", "requestId"] as const;

/** What stands in braces in a page and means nothing: it would be shown as it stands. */
export function unknownPlaceholders(text: string): readonly string[] {
  const known: readonly string[] = names;
  return [...text.matchAll(/\{error\.(\w*)\}/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !known.includes(name));
}

export const placeholdersExpected = `one of ${names.map((name) => `{error.${name}}`).join(", ")}`;

/** A page, taken apart once: texts, and between them the names of what stands there. */
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
