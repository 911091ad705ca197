import { type DeniedWords, lexicon } from "./lexicon.ts";
import { overlapping } from "./word-patterns.ts";

/** Finds mentions of money, delivery, gifts or codes in a folded lower-case text, even in split words. */
export function findDenied(text: string, denied: DeniedWords = lexicon.denied): string | null {
  const words = text.split(notLetters).filter((word) => word !== "");
  return (
    firstIn(text, denied) ??
    firstIn(text.replaceAll(/(\p{L})\1{2,}/gu, "$1$1"), denied) ??
    firstIn(text.replaceAll(/(?<=\p{L})[-./'":,;!?()&+]+(?=\p{L})/gu, ""), denied) ??
    spelledOut.exec(text)?.[0] ??
    findPieced(words, denied) ??
    findFused(words)
  );
}

/** Denied phrases that include a name of the cart: "on the" and an item called House. */
export function findDeniedOver(text: string, names: RegExp): string | null {
  const spans = [...overlapping(names, text)];
  for (const match of overlapping(lexicon.deniedPhrases, text)) {
    if (!spans.some(({ start, end }) => start <= match.start && match.end <= end)) return match.text;
  }
  return null;
}

/** What two folded texts say only together: "on" and "us". */
export function findDeniedAcross(before: string, after: string): string | null {
  const joined = `${before} ${after}`;
  for (const match of overlapping(lexicon.denied.anywhere, joined)) {
    if (match.start < before.length && match.end > before.length + 1) return match.text;
  }
  const left = before.split(notLetters).filter((word) => word !== "");
  const right = after.split(notLetters).filter((word) => word !== "");
  return findPieced([...left.slice(-2), ...right.slice(0, 2)], lexicon.denied);
}

const notLetters = /[^\p{L}]+/u;
/** `f r e e`, `f.r.e.e`. */
const spelledOut = /(?<!\p{L})\p{L}(?:[^\p{L}\p{N}]{1,3}\p{L}(?!\p{L})){2,}/u;
/** Minimum length of a word found in pieces: shorter ones occur by chance. */
const piecedCharsMin = 6;
/** Where one of the pieces is a single letter. */
const spelledCharsMin = 3;

/** `freeshipping`: two denied words written as one. */
function findFused(words: readonly string[]): string | null {
  return words.find((word) => isFused(word)) ?? null;
}

function isFused(word: string): boolean {
  const { whole } = lexicon.denied;
  for (let at = 3; at <= word.length - 3; at += 1) {
    if (whole.test(word.slice(0, at)) && whole.test(word.slice(at))) return true;
  }
  return false;
}

function firstIn(text: string, { anywhere }: DeniedWords): string | null {
  const at = text.search(anywhere);
  return at < 0 ? null : (/^.{1,40}/u.exec(text.slice(at))?.[0] ?? "");
}

/** `dis count`, `gut schein`: a denied word written as two or three. */
function findPieced(words: readonly string[], denied: DeniedWords): string | null {
  for (let index = 0; index + 1 < words.length; index += 1) {
    for (const length of [2, 3]) {
      const pieces = words.slice(index, index + length);
      const whole = pieces.join("");
      const charsMin = pieces.some((piece) => piece.length === 1) ? spelledCharsMin : piecedCharsMin;
      if (pieces.length === length && whole.length >= charsMin && denied.whole.test(whole))
        return pieces.join(" ");
    }
  }
  return null;
}
