import { describe, expect, test } from "bun:test";
import { SentenceSplitter } from "./split-sentences.ts";

function split(text: string, pieceChars: number, isCut = false) {
  const splitter = new SentenceSplitter();
  const sentences = [];
  for (let at = 0; at < text.length; at += pieceChars)
    sentences.push(...splitter.push(text.slice(at, at + pieceChars)));
  const last = splitter.end({ isCut });
  return last === null ? sentences : [...sentences, last];
}

describe("sentences", () => {
  test("end with their punctuation or line, keep their white space, and do not depend on how the text is split", () => {
    const text = "Hello Ada,\n\nYour mug costs 1.99. Is it “yours?” Yes!\n- one\n- two…  Bye";
    for (const pieceChars of [1, 3, 10, text.length]) {
      const sentences = split(text, pieceChars);
      expect(sentences.map(({ text }) => text).join("")).toBe(text);
      expect(sentences.map(({ text }) => text.trim())).toEqual([
        "Hello Ada,",
        "Your mug costs 1.99.",
        "Is it “yours?”",
        "Yes!",
        "- one",
        "- two…",
        "Bye",
      ]);
    }
  });

  test("without an end within 600 characters are incomplete", () => {
    const text = `Short. ${"so ".repeat(250)}end. Next.`;
    for (const pieceChars of [1, 100, text.length]) {
      const sentences = split(text, pieceChars);
      expect(sentences.map(({ isWhole }) => isWhole)).toEqual([true, false, true]);
      expect(sentences.at(-1)?.text).toBe(" Next.");
    }
  });

  test("of a truncated text end with the last complete one", () => {
    expect(split("One. Tw", 3, true).map(({ text }) => text)).toEqual(["One."]);
    expect(split("One. Two.", 3, true).map(({ text }) => text)).toEqual(["One.", " Two."]);
  });
});
