/** A route's condition on one value, as configured; a text is the exact value. */
export type ValueMatch =
  | string
  | { readonly prefix?: string; readonly glob?: string; readonly present?: boolean };

/**
 * A compiled rule: texts that must occur in this order, with anything between them. A single text is the whole value; an empty last
 * text leaves the end open. `null` means that the value must be absent.
 */
export type ValueRule = readonly string[] | null;

export function compileValueRule(match: ValueMatch): ValueRule {
  if (typeof match === "string") return [match];
  if (match.prefix !== undefined) return [match.prefix, ""];
  if (match.glob !== undefined) return match.glob.split(/\*+/);
  return match.present === false ? null : ["", ""];
}

/**
 * Whether a value (`null` where absent) meets the rule. Each text is searched once, after the previous one: the first occurrence is
 * always a correct choice, so there is no backtracking.
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
 * Whether every value that meets `narrow` also meets `wide`. It is enough to test a value that fills `narrow`'s gaps with a character
 * that occurs in no rule: `wide` accepts it only if its own gaps cover them, and then any other filling too.
 */
export function impliesRule(narrow: ValueRule, wide: ValueRule): boolean {
  return meetsRule(wide, narrow === null ? null : narrow.join(nowhere));
}

/** A lone surrogate: no request can contain it, and so no rule that a request can meet. */
const nowhere = "\ud800";

/** Orders narrower rules first: exact values, then by the length of the required texts, then fewer gaps. */
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
