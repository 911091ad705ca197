/** What a connection is, as far as room patterns can name it. `null` never fits. */
export interface RoomIdentity {
  readonly sessionId: string | null;
  readonly userId: string | null;
  readonly tenantId: string | null;
}

const placeholders = ["sessionId", "userId", "tenantId", "any"] as const;
type Placeholder = (typeof placeholders)[number];

type Part = { readonly literal: string } | { readonly placeholder: Placeholder };

export type RoomPattern = readonly Part[];

/** A pattern such as `cart:{sessionId}`, or what is wrong with it. */
export function parseRoomPattern(text: string): RoomPattern | string {
  const parts: Part[] = [];
  for (const piece of text.split(/(\{[^}]*\})/)) {
    if (piece === "") continue;
    if (!piece.startsWith("{")) {
      if (!/^[!#-[\]-z|~]+$/.test(piece)) return `${JSON.stringify(piece)} cannot be part of a room's name`;
      parts.push({ literal: piece });
      continue;
    }
    const placeholder = placeholders.find((name) => name === piece.slice(1, -1));
    if (placeholder === undefined) return `${piece} is not one of {${placeholders.join("}, {")}}`;
    if (parts.at(-1) !== undefined && "placeholder" in (parts.at(-1) ?? {})) {
      return "two placeholders must have something between them";
    }
    parts.push({ placeholder });
  }
  return parts;
}

/** Whether the name is one that this connection may join. Walks the name once. */
export function fitsRoomPattern(pattern: RoomPattern, name: string, identity: RoomIdentity): boolean {
  let at = 0;
  for (const part of pattern) {
    if ("placeholder" in part && part.placeholder === "any") {
      const end = endOfPart(name, at);
      if (end === at) return false;
      at = end;
      continue;
    }
    const expected = "literal" in part ? part.literal : valueOf(identity, part.placeholder);
    if (expected === null || !name.startsWith(expected, at)) return false;
    at += expected.length;
  }
  return at === name.length;
}

function endOfPart(name: string, start: number): number {
  const colon = name.indexOf(":", start);
  return colon === -1 ? name.length : colon;
}

function valueOf(identity: RoomIdentity, placeholder: Placeholder): string | null {
  if (placeholder === "any") return null;
  const value = identity[placeholder];
  return value === "" ? null : value;
}
