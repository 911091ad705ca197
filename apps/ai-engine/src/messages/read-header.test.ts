import { describe, expect, test } from "bun:test";
import { HeaderReader } from "./read-header.ts";

/** What is read of a text that comes in pieces of this length. */
function read(text: string, pieceChars: number) {
  const reader = new HeaderReader();
  for (let at = 0; at < text.length; at += pieceChars) {
    const found = reader.push(text.slice(at, at + pieceChars));
    if (found !== null) return { ...found.header, body: found.rest + text.slice(at + pieceChars) };
  }
  const { header, rest } = reader.end();
  return { ...header, body: rest };
}

describe("the header of a model's answer", () => {
  const whole = { offer: "{}", subject: "Hi there" };
  const texts: [string, object][] = [
    ["Offer: {}\nSubject: Hi there\n\nYour mug.", { ...whole, body: "Your mug." }],
    ["\n\n**Offer:** {}\r\n**Subject:** Hi there\n\nYour mug.\nBye.", { ...whole, body: "Your mug.\nBye." }],
    ["Betreff: Hi there\nOffer: {}\nYour mug.", { ...whole, body: "Your mug." }],
    ["```\nOffer: {}\nSubject: Hi there\n```\nYour mug.", { ...whole, body: "Your mug." }],
    [
      "<think>Offer: 90%\nhm</think>\nOffer: {}\nSubject: Hi there\nYour mug.",
      { ...whole, body: "Your mug." },
    ],
    [
      "Offer: {}\nYour mug is waiting for you here.",
      { offer: "{}", subject: null, body: "Your mug is waiting for you here." },
    ],
    [
      "Your mug is waiting for you here.\nOffer: {}",
      { offer: null, subject: null, body: "Your mug is waiting for you here.\nOffer: {}" },
    ],
    ["Offer: {}\nSubject: Hi there", { ...whole, body: "" }],
    ["", { offer: null, subject: null, body: "" }],
  ];
  test.each(texts)("is removed, however the answer is split: %j", (text, expected) => {
    for (const pieceChars of [1, 2, 5, 17, Math.max(1, text.length)]) {
      const { body, ...header } = read(text, pieceChars);
      expect({ ...header, body: body.trimStart() }).toEqual(expected as typeof header & { body: string });
    }
  });

  test.each(["Subject:", "Offer:", "```"])("is complete at %s, whatever follows", (label) => {
    const startedAt = performance.now();
    read(`${label}${" ".repeat(20_000)}x\u2028y\nYour mug.`, 30_000);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  test("has a maximum length", () => {
    const reader = new HeaderReader();
    expect(reader.push(`Subject: ${"x".repeat(3000)}`)).not.toBeNull();
    const thinking = new HeaderReader();
    expect(thinking.push(`<think>${"x".repeat(50_000)}`)).not.toBeNull();
  });
});
