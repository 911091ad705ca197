import type { Decision } from "../model/exchange/decision.ts";

/** Truncates the candidates of a balancer's pick, so that a decision does not grow with the service. */
export function limitCandidates(decision: Decision, candidatesMax: number): Decision {
  if (decision.step !== "pick") return decision;
  return { ...decision, candidates: decision.candidates.slice(0, candidatesMax) };
}
