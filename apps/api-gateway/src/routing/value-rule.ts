/** What a route asks of one value, as its config says: a text is the value itself. */
export type ValueMatch =
  | string
  | { readonly prefix?: string; readonly glob?: string; readonly present?: boolean };

/**
 * A rule in one form: the texts that stand in a value in this order, with anything between them. One text alone is the whole value,
 * a last one that is empty leaves the end open. `null` where there must be no value.
 */
export type ValueRule = readonly string[] | null;

export function compileValueRule(match: ValueMatch): ValueRule {
  if (typeof match === "string") return [match];
  if (match.prefix !== undefined) return [match.prefix, ""];
  if (match.glob !== undefined) return match.glob.split(/\*+/);
  return match.present === false ? null : ["", ""];
}

/**
 * Whether a value, `null` for none, is as the rule asks. Each text is looked for once, behind the one before it: to take the first
 * place that fits never spoils what follows, so that nothing is ever tried again.
 */
export function meetsRule(rule: ValueRule, value: string | null): boolean {
  if (rule === null || value === null) return rule === value;
  const [head = ""] = rule;
  if (rule.length === 1) return value === head;
  const tail = rule.at(-1) ?? "";
  const end = value.length - tail.length;
  if (end < head.length || !value.startsWith(head) || !value.endsWith(tail)) return false;
  let from = head.length;
  for (let index = 1; index < rule.length - 1; index += 1) {
    const text = rule[index] ?? "";
    const found = value.indexOf(text, from);
    if (found < 0 || found + text.length > end) return false;
    from = found + text.length;
  }
  return true;
}

/**
 * Whether every value that meets `narrow` meets `wide`. A value that has, wherever `narrow` leaves room, what stands in no rule can
 * meet `wide` only where that leaves room as well, and then whatever else stands there does too.
 */
export function impliesRule(narrow: ValueRule, wide: ValueRule): boolean {
  return meetsRule(wide, narrow === null ? null : narrow.join(nowhere));
}

/** Half of a surrogate pair: no request can hold it, and so no rule that a request can meet. */
const nowhere = "\ud800";

/** The narrower one first, wherever one is: the value itself, then by the length of what must stand there, then the fewest gaps. */
export function compareRules(a: readonly ValueRule[], b: readonly ValueRule[]): number {
  return (
    count(b, (rule) => (rule?.length === 1 ? 1 : 0)) - count(a, (rule) => (rule?.length === 1 ? 1 : 0)) ||
    count(b, lengthOf) - count(a, lengthOf) ||
    count(a, (rule) => (rule === null ? 1 : 0)) - count(b, (rule) => (rule === null ? 1 : 0)) ||
    count(a, (rule) => rule?.length ?? 0) - count(b, (rule) => rule?.length ?? 0)
  );
}

function lengthOf(rule: ValueRule): number {
  return rule === null ? 0 : rule.join("").length;
}

function count(rules: readonly ValueRule[], measure: (rule: ValueRule) => number): number {
  return rules.reduce((sum, rule) => sum + measure(rule), 0);
}

/** A rule in words. */
export function describeRule(rule: ValueRule): string {
  if (rule === null) return "absent";
  return rule.length === 2 && rule.join("") === "" ? "present" : rule.join("*");
}
