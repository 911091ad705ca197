import type { NearMiss, PolicyDecision } from "../model/exchange/decision.ts";
import type { Ending, ExplainedPart, Explanation, UpstreamPlan } from "./explanation.ts";

/** Formats an explanation for a terminal. */
export function printExplanation(explanation: Explanation): string {
  const { request, service, upstream, parts, notes } = explanation;
  return [
    `${request.method} ${request.url}`,
    ...(request.path === null ? [] : [`  routed as  ${request.host} ${request.path}`]),
    ...(request.clientIp === null ? [] : [`  client     ${request.clientIp}`]),
    "",
    `route      ${routeOf(explanation)}`,
    ...explanation.nearest.map(
      (miss, index) => `${index === 0 ? "nearest  " : "         "}  ${missOf(miss)}`,
    ),
    ...policyLines(explanation),
    ...(service === null ? [] : ["", `service    ${service.id}`, ...service.candidates.map(candidateOf)]),
    ...parts.flatMap((part, index) => partLines(part, index === 0 ? "parts" : "")),
    ...(upstream === null ? [] : upstreamLines(upstream)),
    "",
    `ends       ${endingOf(explanation.ending)}`,
    ...(notes.length === 0 ? [] : ["", ...notes.map((note) => `note       ${note}`)]),
  ].join("\n");
}

function routeOf({ route }: Explanation): string {
  if (route === null) return "none";
  const params = Object.entries(route.params).map(([name, value]) => `${name}=${value}`);
  return [`${route.id}  ${route.path}`, ...params].join("  ");
}

function missOf({ route, failed, expected, actual }: NearMiss): string {
  if (failed === "specificity") return `${route}: fits too; ${actual} more specific`;
  return `${route}: ${failed} is ${actual}, expected ${expected}`;
}

const marks = { pass: "pass", skip: "skip", refuse: "REFUSE", answer: "ANSWER" } as const;

function policyLines({ policies, notReached }: Explanation): string[] {
  if (policies.length === 0 && notReached.length === 0) return [];
  return [
    "",
    ...policies.flatMap((decision, index) => policyOf(decision, index === 0 ? "policies" : "")),
    ...notReached.map((type) => `${"".padEnd(11)}-       ${type} is not reached`),
  ];
}

function policyOf({ policy, phase, verdict, inputs, counterfactual, status }: PolicyDecision, head: string) {
  const name = policy === phase ? policy : `${policy} (${phase})`;
  const seen = Object.entries(inputs).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const indent = "".padEnd(19);
  return [
    `${head.padEnd(11)}${marks[verdict].padEnd(8)}${name}${status === undefined ? "" : ` ${status}`}`,
    ...(seen.length === 0 ? [] : [`${indent}${seen.join("  ")}`]),
    ...(counterfactual === undefined ? [] : [`${indent}needs: ${counterfactual}`]),
  ];
}

function partLines({ name, service, path, isRequired, timeoutMs, candidates }: ExplainedPart, head: string) {
  const need = isRequired ? "required" : "optional";
  return [
    ...(head === "" ? [] : [""]),
    `${head.padEnd(11)}${name}  GET ${path}  of ${service}  ${need}  ${timeoutMs} ms`,
    ...candidates.map((candidate) => `  ${candidateOf(candidate)}`),
  ];
}

interface Candidate {
  readonly target: string;
  readonly state: string;
  readonly weight: number;
  readonly inFlight: number;
}

function candidateOf({ target, state, weight, inFlight }: Candidate): string {
  return `${"".padEnd(11)}${target}  ${state}  weight ${weight}  in flight ${inFlight}`;
}

function upstreamLines({ method, path, host, headersSet, headersRemoved }: UpstreamPlan): string[] {
  const indent = "".padEnd(11);
  return [
    "",
    `upstream   ${method} ${path}`,
    `${indent}Host: ${host ?? "the target's own"}`,
    ...headersSet.map(([name, value]) => `${indent}+ ${name}: ${value}`),
    ...headersRemoved.map((name) => `${indent}- ${name}`),
  ];
}

function endingOf(ending: Ending): string {
  switch (ending.kind) {
    case "sent":
      return `is sent to ${ending.service}`;
    case "aggregated":
      return `is answered from ${ending.services.join(", ")} together`;
    case "refused":
      return `refused by ${ending.by} with ${ending.status}${ending.message === undefined ? "" : `: ${ending.message}`}`;
    case "answered":
      return `answered by ${ending.by} with ${ending.status}`;
    case "malformed":
      return `refused before routing with ${ending.status} ${ending.code}: ${ending.message}`;
    case "method-not-allowed":
      return `405: the path is served for ${ending.allow.join(", ")}`;
    case "own-endpoint":
      return `answered by the gateway itself, at its own endpoint ${ending.endpoint}`;
    case "not-routed":
      return "404: neither a route nor an endpoint of the gateway's own takes it";
  }
}
