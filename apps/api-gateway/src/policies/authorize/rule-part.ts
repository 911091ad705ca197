/** A node of a parsed rule: operator and operands. */
export interface Part {
  readonly op: string;
  readonly args: unknown;
}

export function isPart(value: unknown): value is Part {
  return (
    typeof value === "object" &&
    value !== null &&
    "op" in value &&
    "args" in value &&
    typeof value.op === "string"
  );
}
