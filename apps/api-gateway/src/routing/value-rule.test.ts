import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { compareRules, compileValueRule, describeRule, impliesRule, meetsRule } from "./value-rule.ts";
import type { ValueMatch } from "./value-rule.ts";

const meets = (match: ValueMatch, value: string | null) => meetsRule(compileValueRule(match), value);

test.each<[ValueMatch, string | null, boolean]>([
  ["gold", "gold", true],
  ["gold", "golden", false],
  ["gold", null, false],
  ["a*b", "a*b", true],
  ["a*b", "axb", false],
  [{ prefix: "gold-" }, "gold-1", true],
  [{ prefix: "gold-" }, "gold-", true],
  [{ prefix: "gold-" }, "gold", false],
  [{ glob: "*" }, "", true],
  [{ glob: "*" }, null, false],
  [{ glob: "a*a" }, "a", false],
  [{ glob: "a**a" }, "aa", true],
  [{ glob: "*b*b*" }, "ab", false],
  [{ glob: "*ab*ba*" }, "aba", false],
  [{ glob: "*Mobile*Safari/*" }, "Mozilla/5.0 Mobile/15E148 Safari/604.1", true],
  [{ glob: "*.example" }, "shop.example.com", false],
  [{ present: true }, "", true],
  [{ present: true }, null, false],
  [{ present: false }, null, true],
  [{ present: false }, "", false],
])("%j and the value %j: %p", (match, value, expected) => {
  expect(meets(match, value)).toBe(expected);
});

const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 5 });
const glob = fc
  .string({ unit: fc.constantFrom("a", "b", "*"), minLength: 1, maxLength: 6 })
  .map((one): ValueMatch => (one.includes("*") ? { glob: one } : one));
const match = fc.oneof(glob, text, fc.constant<ValueMatch>({ present: false }));

test("a glob matches what the equivalent regular expression matches", () => {
  fc.assert(
    fc.property(glob, text, (pattern, value) => {
      const source = typeof pattern === "string" ? pattern : (pattern.glob ?? "");
      const expression = new RegExp(`^${source.replaceAll("*", ".*")}$`);
      expect(meets(pattern, value)).toBe(expression.test(value));
    }),
  );
});

/** All values of up to six characters, including one character that no rule contains: enough to distinguish any two of these rules. */
const values: (string | null)[] = [null, ""];
for (const value of values) {
  if (value !== null && value.length < 6) values.push(`${value}a`, `${value}b`, `${value}c`);
}

test("one rule implies another exactly if no value matches the first alone", () => {
  fc.assert(
    fc.property(match, match, (a, b) => {
      const [narrow, wide] = [compileValueRule(a), compileValueRule(b)];
      const isAlone = values.some((value) => meetsRule(narrow, value) && !meetsRule(wide, value));
      expect(impliesRule(narrow, wide)).toBe(!isAlone);
    }),
  );
});

test("the narrower of two rules never comes after the wider one", () => {
  fc.assert(
    fc.property(match, match, (a, b) => {
      const [narrow, wide] = [compileValueRule(a), compileValueRule(b)];
      fc.pre(impliesRule(narrow, wide));
      expect(compareRules([narrow], [wide])).toBeLessThanOrEqual(0);
    }),
  );
});

test("a pattern that would make a regular expression backtrack is evaluated at once", () => {
  const pattern = `${"a*".repeat(200)}b`;
  expect(meets({ glob: pattern }, "a".repeat(16_000))).toBe(false);
  expect(meets({ glob: `${pattern}*` }, "a".repeat(16_000))).toBe(false);
});

test("a rule is described in words", () => {
  const words = ["gold", { prefix: "go" }, { glob: "g*d" }, { present: true }, { present: false }] as const;
  expect(words.map((one) => describeRule(compileValueRule(one)))).toEqual([
    "gold",
    "go*",
    "g*d",
    "present",
    "absent",
  ]);
});
