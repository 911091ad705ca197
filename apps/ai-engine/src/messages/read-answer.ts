import type { TokenUsage } from "../providers/provider.ts";
import type { ChainAnswer } from "../providers/provider-chain.ts";
import { AnswerReader, type AnswerReaderOptions, type Outcome } from "./answer-reader.ts";

export interface Attempt {
  readonly outcome: Outcome;
  readonly usage: TokenUsage;
  /** The model's text, for the next attempt; truncated. */
  readonly raw: string;
  /** Why sentences were withheld. */
  readonly withheld: readonly string[];
}

const rawCharsMax = 3000;

/**
 * Reads one answer of a model to its end, or until its outcome is certain.
 *
 * @throws the provider's error where nothing was shown yet; after that the message ends there.
 */
export async function readAnswer({ chunks }: ChainAnswer, options: AnswerReaderOptions): Promise<Attempt> {
  const reader = new AnswerReader(options);
  let usage: TokenUsage = { inputTokens: 0, outputTokens: 0 };
  let raw = "";
  let isCut = false;
  try {
    for await (const chunk of chunks) {
      if (chunk.type === "usage") usage = chunk.usage;
      else if (chunk.type === "end") isCut = chunk.reason !== "stop";
      else {
        raw = (raw + chunk.text).slice(0, rawCharsMax);
        if (!(await reader.push(chunk.text))) break;
      }
    }
  } catch (thrown) {
    if (!reader.hasShown) throw thrown;
    isCut = true;
  }
  const outcome = await reader.end({ isCut });
  return { outcome, usage, raw, withheld: reader.withheld };
}
