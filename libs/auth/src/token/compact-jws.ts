import { type JwsParts, splitCompactJws } from "./jws-parts.ts";
import { parseStrictJson } from "./strict-json.ts";
import { type TokenFault, toTokenFault } from "./token-fault.ts";

/** A compact JWS whose payload is a JSON object, as in a JWT. Not yet verified. */
export interface CompactJws extends JwsParts {
  readonly payload: Readonly<Record<string, unknown>>;
}

export type ParsedJws =
  | { readonly ok: true; readonly jws: CompactJws }
  | { readonly ok: false; readonly fault: TokenFault };

export interface JwsBounds {
  /** Bound on the token, in characters. */
  readonly lengthMax: number;
  /** Bound on the payload's nesting; the payload itself counts as 1. */
  readonly depthMax: number;
}

const membersMax = 256;

/** Parses a token without verifying it; duplicate members are refused. */
export function parseCompactJws(token: string, bounds: JwsBounds): ParsedJws {
  const split = splitCompactJws(token, bounds.lengthMax);
  if (!split.ok) return split;
  const payload = parseStrictJson(split.parts.payloadBytes, { depthMax: bounds.depthMax, membersMax });
  if (!payload.ok) return { ok: false, fault: toTokenFault(payload.fault) };
  return { ok: true, jws: { ...split.parts, payload: payload.value } };
}
