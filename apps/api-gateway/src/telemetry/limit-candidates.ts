import type { Decision } from "../model/decision.ts";

/** The decision with at most `candidatesMax` candidates of a balancer's pick, so that its size does not grow with the service. */
export function limitCandidates(decision: Decision, candidatesMax: number): Decision {
  if (decision.step !== "pick") return decision;
  return { ...decision, candidates: decision.candidates.slice(0, candidatesMax) };
}
