import type { ChatChunk, TokenUsage } from "../providers/provider.ts";

export type WrittenPart =
  | { readonly type: "subject"; readonly text: string }
  /** With the white space that parts it from the sentence before. */
  | { readonly type: "sentence"; readonly text: string }
  | { readonly type: "usage"; readonly usage: TokenUsage };

/** A sentence ends with its mark and white space after it, or with a line. What is longer is cut: nobody holds back for ever. */
const sentenceEnd = /[.!?…。！？](?=["'»”)]*\s)["'»”)]*|\n/u;
const sentenceCharsMax = 600;

/** Turns pieces of text as they come into a subject and whole sentences, so that each can be checked before it is shown. */
export async function* splitSentences(chunks: AsyncIterable<ChatChunk>): AsyncGenerator<WrittenPart> {
  let rest = "";
  let hasSubject = false;
  for await (const chunk of chunks) {
    if (chunk.type === "usage") {
      yield chunk;
      continue;
    }
    rest += chunk.text;
    for (let end = endOf(rest); end !== null; end = endOf(rest)) {
      const piece = rest.slice(0, end);
      rest = rest.slice(end);
      const part = toPart(piece, hasSubject);
      if (part?.type === "subject") hasSubject = true;
      if (part !== null) yield part;
    }
  }
  const last = toPart(rest, hasSubject);
  if (last !== null) yield last;
}

function endOf(text: string): number | null {
  const match = sentenceEnd.exec(text);
  if (match !== null) return match.index + match[0].length;
  return text.length > sentenceCharsMax ? sentenceCharsMax : null;
}

function toPart(piece: string, hasSubject: boolean): WrittenPart | null {
  const subject = hasSubject ? null : /^\s*subject:\s*(.+)/i.exec(piece);
  if (subject !== null) return { type: "subject", text: (subject[1] ?? "").trim().slice(0, 150) };
  return piece.trim() === "" ? null : { type: "sentence", text: piece };
}
