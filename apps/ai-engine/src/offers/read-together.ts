import { isAny, type Reading } from "./check-sentence.ts";
import { findDeniedAcross } from "./find-denied.ts";

/** The end of the text so far, as far as following text could complete it. */
export interface Context {
  readonly text: string;
  readonly statesOffer: boolean;
  readonly amplifies: boolean;
}

export const emptyContext: Context = { text: "", statesOffer: false, amplifies: false };

const contextChars = 120;

export function extendContext({ text }: Context, reading: Reading): Context {
  return {
    text: `${text} ${reading.text}`.trim().slice(-contextChars),
    statesOffer: isAny(reading.states),
    amplifies: reading.amplifies,
  };
}

/** A promise that a sentence makes only together with the text before it; `null` where there is none. */
export function findForbiddenTogether(before: Context, reading: Reading): string | null {
  const across = findDeniedAcross(before.text, reading.text);
  if (across !== null) return across;
  const makesMore = (before.statesOffer && reading.amplifies) || (before.amplifies && isAny(reading.states));
  return makesMore ? "more than the offer over two sentences" : null;
}
