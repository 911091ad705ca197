import type { Fleet } from "../fleet.ts";
import type { Guess } from "./guess-throttle.ts";

/** Takes one attempt from each. @throws CartwayError `rate_limited` */
export async function takeGuesses(
  { throttle, refusedLogins }: Pick<Fleet, "throttle" | "refusedLogins">,
  guesses: readonly Guess[],
  address: string,
): Promise<void> {
  await throttle.take(guesses).catch((error: unknown) => {
    refusedLogins.report({ reason: "throttled", address });
    throw error;
  });
}
