import type { Decision } from "../model/decision.ts";

/** A decision as it is told: of a pick among many the first candidates, so that what is told does not grow with a service. */
export function withFewCandidates(decision: Decision, candidatesMax: number): Decision {
  if (decision.step !== "pick") return decision;
  return { ...decision, candidates: decision.candidates.slice(0, candidatesMax) };
}
