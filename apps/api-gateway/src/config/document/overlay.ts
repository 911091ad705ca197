import { isRecord } from "@libs/json";

/**
 * Merges one environment's settings over the base: objects by key, lists of objects with an `id` by that id; `null` removes (RFC 7396), and
 * anything else replaces. Changes neither input.
 */
export function overlay(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (isRecord(over)) return overlayObject(isRecord(base) ? base : {}, over);
  if (isListWithIds(base) && isListWithIds(over)) return overlayList(base, over);
  return over;
}

type WithId = Readonly<Record<string, unknown>> & { readonly id: string };

function overlayObject(
  base: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete merged[key];
    else merged[key] = overlay(base[key], value);
  }
  return merged;
}

function overlayList(base: readonly WithId[], over: readonly WithId[]): unknown[] {
  const known = new Set(base.map((item) => item.id));
  const overById = Map.groupBy(over, ({ id }) => id);
  const merged = base.map((item) =>
    (overById.get(item.id) ?? []).reduce<unknown>((before, other) => overlay(before, other), item),
  );
  const added = over.filter((item) => !known.has(item.id));
  return [...merged, ...added.map((item) => overlay(undefined, item))];
}

function isListWithIds(value: unknown): value is readonly WithId[] {
  return Array.isArray(value) && value.every((item) => isRecord(item) && typeof item["id"] === "string");
}
