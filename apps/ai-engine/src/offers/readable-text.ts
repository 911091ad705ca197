import { holdsAddress } from "./holds-address.ts";

/**
 * Whether a text contains only readable, checkable characters: the letters of the messages' languages, ASCII digits,
 * plain punctuation, currency signs and pictographs. Anything else can be made to look like something it is not.
 */
export function findUnreadable(text: string): string | null {
  const normal = text.normalize("NFKC");
  const strange = unreadable.exec(normal)?.[0];
  if (strange !== undefined)
    return `the character U+${(strange.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  if (longWord.test(normal)) return "a word without an end";
  if (insideWord.test(normal)) return "a sign inside a word";
  if (holdsAddress(normal)) return "an address";
  return entity.test(normal) ? "an entity" : null;
}

/** Letters in squares and circles, and pictures of gifts, money, tickets and delivery. */
export function holdsLettersAsPictures(text: string): boolean {
  return pictures.test(text);
}

const letters = "a-zA-ZÀ-ÖØ-öø-ÿŒœŸẞ";
const punctuation = String.raw`\s.,;:!?'"()/&%+*_\-–—−…’‘“”„«»‹›¿¡•·×°€$£¥`;
/** Letters and words in squares and circles, and pictures that say what the offer may not. */
const lettersAsPictures = String.raw`\u{1F100}-\u{1F2FF}\u{1F381}\u{1F3AB}\u{1F39F}\u{1F3F7}\u{1F4B0}-\u{1F4B8}\u{1FA99}\u{1F911}\u{1F69A}\u{1F4E6}\u{1F4EC}-\u{1F4EE}\u{2797}\u{2796}\u{1F4C9}\u{1F3C6}\u{1F3B0}`;
const pictures = new RegExp(`[${lettersAsPictures}]`, "u");
const unreadable = new RegExp(
  String.raw`[^${letters}0-9${punctuation}\u200d\ufe0f\u20e3\p{Extended_Pictographic}]|[${lettersAsPictures}]`,
  "u",
);
const insideWord =
  /\p{L}[!?¡¿$€£¥%+&;:×*_"(){}°•·]+\p{L}\p{L}*[!?¡¿$€£¥%+&;:×*_"(){}°•·]*\p{L}|[$€£¥]\p{L}|\p{L}\d\p{L}/u;
/** Longer than any word that people read, and expensive to search. */
const longWord = /\p{L}{41}/u;
const entity = /&#?\w+;/u;
