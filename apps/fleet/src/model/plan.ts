import type { Risk } from "./command-kinds.ts";

export interface PlannedCommand {
  readonly id: string;
  readonly kind: string;
  readonly version: number;
  readonly parameters: unknown;
  readonly risk: Risk;
  readonly priority: number;
  readonly attemptsMax: number;
  /** ISO 8601 */
  readonly deadlineAt: string;
}

/** Exactly what an approver is shown, and nothing else. */
export interface Plan {
  readonly sessionId: string;
  readonly customerId: string;
  readonly deviceId: string;
  readonly reason: string;
  readonly requestedBy: string;
  readonly fourEyes: boolean;
  /** ISO 8601; `null` where nothing needs approval. */
  readonly approvalExpiresAt: string | null;
  readonly commands: readonly PlannedCommand[];
}

/** SHA-256 of the plan as canonical JSON (members sorted by name, no spaces), in hex: an approval names its plan by this hash. */
export function hashPlan(plan: Plan): string {
  return new Bun.CryptoHasher("sha256").update(canonicalJson(plan)).digest("hex");
}

/** Canonical JSON, whatever the order of members. RFC 8785 for values that JSON.parse can return. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  let members = "";
  for (const [name, member] of Object.entries(value).toSorted(byName)) {
    if (member === undefined) continue;
    members += `${members === "" ? "" : ","}${JSON.stringify(name)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/** By UTF-16 code units. */
function byName([first]: readonly [string, unknown], [second]: readonly [string, unknown]): number {
  return first < second ? -1 : 1;
}
