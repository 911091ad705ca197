import type { LabelledSession } from "../features/read-csv.ts";

/** Of either end among all of the visits. */
const eitherEndMin = 50;

/**
 * Why a model cannot be trained yet; `null` if it can.
 *
 * @param judged the visits for validation; the others are for training. Both need visits with and without a purchase.
 */
export function reasonToWait(
  {
    judged,
    others,
  }: { readonly judged: readonly LabelledSession[]; readonly others: readonly LabelledSession[] },
  sessionsMin: number,
): string | null {
  const sessions = [...judged, ...others];
  if (sessions.length < sessionsMin)
    return `${sessions.length} finished visits of the ${sessionsMin} that a training needs`;
  const rarer = rarerOf(sessions);
  if (rarer < eitherEndMin)
    return `${rarer} visits of the rarer end of the ${eitherEndMin} that a training needs`;
  return Math.min(rarerOf(judged), rarerOf(others)) === 0
    ? "the newest fifth of the visits, or the others, all ended alike"
    : null;
}

function rarerOf(sessions: readonly LabelledSession[]): number {
  const bought = sessions.filter((session) => session.purchased).length;
  return Math.min(bought, sessions.length - bought);
}
