import { CartwayError } from "@libs/errors";

/**
 * Refuses NUL, which PostgreSQL cannot store, and lone surrogates, which would come back as another character: a plan would then not have
 * the hash that was approved. @throws CartwayError `validation_failed`
 */
export function requireStorable(value: unknown, path = ""): void {
  if (typeof value === "string") {
    if (value.isWellFormed() && !value.includes("\0")) return;
    throw new CartwayError("validation_failed", {
      details: [{ path, message: "contains NUL or a lone surrogate" }],
    });
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    requireStorable(name, `${path}/${name.toWellFormed().slice(0, 64)}`);
    requireStorable(member, `${path}/${name}`);
  }
}
