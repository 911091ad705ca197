import { expect, test } from "bun:test";
import { compileRule } from "./rule.ts";

function messageOf(source: string): string {
  const compiled = compileRule(source);
  return compiled.ok ? "compiled" : compiled.message;
}

test.each([
  "subject.matches('a+')",
  "subject.matches ('a+')",
  "subject.matches //\n ('a+')",
  "subject\n.\nmatches\n(\n'a+'\n)",
  "roles.exists(role, role.matches(//\n'a+'))",
])("a regular expression is refused however it is written: %j", (source) => {
  expect(messageOf(source)).toStartWith("uses matches()");
});

test.each([
  "roles.exists(a, scopes.exists(b, a == b))",
  "roles.exists //\n (a, scopes.all //\n (b, a == b))",
  "roles.map(a, a).filter(b, b == 'x').size() > 0",
])("a second loop is refused however it is written: %j", (source) => {
  expect(messageOf(source)).toBe("has more than one loop; write two rules");
});

test.each([
  "subject == 'matches('",
  "claim.name == '.all( .map('",
  "roles.exists(role, role == 'admin') // and no .map(x, x) here",
  'path["all"] == "x"',
])("words of a text or a comment are no calls: %j", (source) => {
  expect(messageOf(source)).toBe("compiled");
});

test.each([
  ["parentheses", `${"(".repeat(400)}true${")".repeat(400)}`],
  ["lists", `${"[".repeat(400)}${"]".repeat(400)} == []`],
  ["members", `claim${".a".repeat(400)} == 1`],
  ["negations", `${"!".repeat(900)}true`],
  ["choices", `${"true ? true : ".repeat(60)}true`],
  ["length", `subject == '${"a".repeat(1024)}'`],
])("a rule that is deep or long in %s is refused and costs no stack", (_, source) => {
  expect(messageOf(source)).toMatch(/Exceeded max|longer than/);
});
