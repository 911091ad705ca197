import type { LanguagePatterns } from "./lexicon.ts";

/** A word that is one typing error away from one of the plainest promises, or is one backwards, in a folded lower-case text. */
export function findMisspelled(text: string, { plainest }: LanguagePatterns): string | null {
  for (const [word] of text.matchAll(/\p{L}+/gu)) {
    if (plainest.some((promise) => isOneSlipAway(word, promise) || isReversed(word, promise))) return word;
  }
  return null;
}

/**
 * Whether two words differ by one missing, added or different letter, or by two swapped neighbours
 * (Damerau-Levenshtein distance 1). False for equal words.
 */
export function isOneSlipAway(word: string, other: string): boolean {
  if (word === other || Math.abs(word.length - other.length) > 1) return false;
  let start = 0;
  while (start < word.length && word[start] === other[start]) start += 1;
  let end = 0;
  const most = Math.min(word.length, other.length) - start;
  while (end < most && word[word.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  const left = word.slice(start, word.length - end);
  const right = other.slice(start, other.length - end);
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}

function isReversed(word: string, promise: string): boolean {
  return word.length === promise.length && word.split("").toReversed().join("") === promise;
}
