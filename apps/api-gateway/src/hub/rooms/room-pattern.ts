import { isChannelName } from "@libs/messaging";

/** The ids and claims of a connection that room patterns can refer to. `null` never matches. */
export interface RoomIdentity {
  readonly sessionId: string | null;
  readonly userId: string | null;
  readonly tenantId: string | null;
  /** Claims of the verified credential. */
  readonly claims: Readonly<Record<string, unknown>>;
}

const named = ["sessionId", "userId", "tenantId"] as const;
const claimPattern = /^claim\.([A-Za-z0-9_.:/-]{1,100})$/;

interface Literal {
  readonly literal: string;
}

type Placeholder =
  | { readonly own: (typeof named)[number] }
  | { readonly claim: string }
  | { readonly any: true };

/** `end` is the text after a placeholder that is not the last one: values MUST NOT contain it, or two callers could share a room. */
type Part = Literal | (Placeholder & { readonly end: string | null });

export type RoomPattern = readonly Part[];

/** Parses a pattern such as `cart:{sessionId}`, or returns what is wrong with it. */
export function parseRoomPattern(text: string): RoomPattern | string {
  const parts: (Literal | Placeholder)[] = [];
  for (const piece of text.split(/(\{[^}]*\})/)) {
    if (piece === "") continue;
    if (!piece.startsWith("{")) {
      if (!/^[!#-[\]-z|~]+$/.test(piece)) return `${JSON.stringify(piece)} cannot be part of a room's name`;
      parts.push({ literal: piece });
      continue;
    }
    const part = parsePlaceholder(piece.slice(1, -1));
    if (part === null) return `${piece} is not one of {${named.join("}, {")}}, {any}, {claim.NAME}`;
    const before = parts.at(-1);
    if (before !== undefined && !("literal" in before))
      return "two placeholders must have something between them";
    parts.push(part);
  }
  const isUnending = parts.some(
    (part, index) => "any" in part && ![":", ""].includes(startOf(parts[index + 1])),
  );
  return isUnending ? "{any} ends at a colon, and nothing else can follow it" : parts.map(withEnd);
}

/** The first character of the following literal text; empty at the end of the pattern. */
function startOf(part: Literal | Placeholder | undefined): string {
  return part !== undefined && "literal" in part ? part.literal.slice(0, 1) : "";
}

function withEnd(
  part: Literal | Placeholder,
  index: number,
  parts: readonly (Literal | Placeholder)[],
): Part {
  if ("literal" in part) return part;
  return { ...part, end: parts[index + 2] === undefined ? null : startOf(parts[index + 1]) };
}

function parsePlaceholder(name: string): Placeholder | null {
  if (name === "any") return { any: true };
  const own = named.find((candidate) => candidate === name);
  if (own !== undefined) return { own };
  const claim = claimPattern.exec(name)?.[1];
  return claim === undefined ? null : { claim };
}

/** The room that a pattern names for this connection; `null` if it lacks a value. A pattern with `{any}` names none. */
export function nameOwnRoom(pattern: RoomPattern, identity: RoomIdentity): string | null {
  let name = "";
  for (const part of pattern) {
    const value = "any" in part ? null : valueOf(identity, part);
    if (value === null) return null;
    name += value;
  }
  return isChannelName(name) ? name : null;
}

/** Whether this connection may join the room of this name. Scans the name once. */
export function fitsRoomPattern(pattern: RoomPattern, name: string, identity: RoomIdentity): boolean {
  let at = 0;
  for (const part of pattern) {
    if ("any" in part) {
      const end = endOfPart(name, at);
      if (end === at) return false;
      at = end;
      continue;
    }
    const expected = valueOf(identity, part);
    if (expected === null || !name.startsWith(expected, at)) return false;
    at += expected.length;
  }
  return at === name.length;
}

function endOfPart(name: string, start: number): number {
  const colon = name.indexOf(":", start);
  return colon === -1 ? name.length : colon;
}

function valueOf(identity: RoomIdentity, part: Exclude<Part, { readonly any: true }>): string | null {
  if ("literal" in part) return part.literal;
  const value = "own" in part ? identity[part.own] : claimOf(identity, part.claim);
  if (value === "" || (part.end !== null && value?.includes(part.end) === true)) return null;
  return value;
}

/** Only strings and integers can name a room. */
function claimOf({ claims }: RoomIdentity, name: string): string | null {
  const value = Object.hasOwn(claims, name) ? claims[name] : null;
  if (typeof value === "string") return value;
  return Number.isSafeInteger(value) ? String(value) : null;
}
