/** Texts, which are kept, and the blanks between them, which are not. */
const textsAndBlanks = /("(?:[^"\\]|\\.)*")|[\t\n\r ]+/g;

/**
 * The value of a text that is JSON and nothing more than its value: written again it is the same but for blanks. `undefined` for
 * everything else: YAML, comments, a name that stands twice, numbers and texts that could be written otherwise. A fiftieth of the time
 * that it takes to read the same as YAML.
 */
export function exactJson(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text.replace(textsAndBlanks, "$1") ? value : undefined;
  } catch {
    return undefined;
  }
}
