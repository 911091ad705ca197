/** Between two words of a phrase: white space and the punctuation that may stand there, but no other word. */
const gap = String.raw`[^\p{L}\p{N}]{1,5}`;

/**
 * The entries of a word list: separated by commas, each a word or a phrase in folded lower-case letters. `*` stands for any
 * further letters of a word.
 */
export function entriesOf(list: string): readonly string[] {
  return list
    .split(",")
    .map((entry) => entry.trim().replaceAll(/\s+/g, " "))
    .filter((entry) => entry !== "");
}

/** Matches any of the entries as whole words, anywhere. Global: for `matchAll` and `replaceAll`. */
export function anyOfEntries(entries: readonly string[]): RegExp {
  const alternatives = entries.map(entryPattern).join("|");
  return alternatives === ""
    ? /(?!)/gu
    : new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${alternatives})(?![\p{L}\p{N}])`, "gu");
}

export function isPhrase(entry: string): boolean {
  return entry.includes(" ");
}

function entryPattern(entry: string): string {
  return entry
    .split(" ")
    .map((word) => word.replaceAll("*", String.raw`\p{L}*`))
    .join(gap);
}

/** All matches, including overlapping ones. */
export function* overlapping(
  pattern: RegExp,
  text: string,
): Generator<{ start: number; end: number; text: string }> {
  const search = new RegExp(pattern);
  for (let match = search.exec(text); match !== null; match = search.exec(text)) {
    yield { start: match.index, end: match.index + match[0].length, text: match[0] };
    search.lastIndex = match.index + 1;
  }
}
