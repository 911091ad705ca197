import { expect, test } from "bun:test";
import type { Exchange } from "../../model/exchange/exchange.ts";
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
])("a regular expression is refused in any notation: %j", (source) => {
  expect(messageOf(source)).toStartWith("uses matches()");
});

test.each([
  "roles.exists(a, scopes.exists(b, a == b))",
  "roles.exists //\n (a, scopes.all //\n (b, a == b))",
  "roles.map(a, a).filter(b, b == 'x').size() > 0",
])("a second loop is refused in any notation: %j", (source) => {
  expect(messageOf(source)).toBe("has more than one loop; write two rules");
});

test.each([
  "subject == 'matches('",
  "claim.name == '.all( .map('",
  "roles.exists(role, role == 'admin') // and no .map(x, x) here",
  'path["all"] == "x"',
])("words in strings and comments are not calls: %j", (source) => {
  expect(messageOf(source)).toBe("compiled");
});

test.each([
  ["parentheses", `${"(".repeat(400)}true${")".repeat(400)}`],
  ["lists", `${"[".repeat(400)}${"]".repeat(400)} == []`],
  ["members", `claim${".a".repeat(400)} == 1`],
  ["negations", `${"!".repeat(900)}true`],
  ["choices", `${"true ? true : ".repeat(60)}true`],
  ["length", `subject == '${"a".repeat(1024)}'`],
])("a rule that is nested or long in %s is refused without exhausting the stack", (_, source) => {
  expect(messageOf(source)).toMatch(/Exceeded max|longer than/);
});

const many = (count: number) => Array.from({ length: count }, (_, index) => `role-${index}`);

function askFor(
  source: string,
  caller: { readonly roles: readonly string[]; readonly claims?: object },
): string {
  const compiled = compileRule(source);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.rule(exchangeOf({ scopes: [], claims: {}, subject: "ana", ...caller }));
}

/** As much of an exchange as a rule sees. */
function exchangeOf(principal: object): Exchange {
  const target = { host: "shop.test" };
  const exchange = { principal, params: {}, tenantId: null, method: "GET", target, clientIp: "192.0.2.1" };
  return exchange as unknown as Exchange;
}

test("a caller whose data exceeds the loop limit is refused, smaller ones are evaluated", () => {
  const search = "roles.all(r, r in roles)";
  expect(askFor(search, { roles: many(700) })).toBe("holds");
  expect(askFor(search, { roles: many(1000) })).toBe("too-large");
  const plain = "roles.exists(r, r == 'role-900')";
  expect(askFor(plain, { roles: many(1000) })).toBe("holds");
  expect(askFor(plain, { roles: many(1001) })).toBe("too-large");
  expect(askFor(plain, { roles: [], claims: { deep: [[many(1001)]] } })).toBe("too-large");
  expect(askFor("'role-900' in roles", { roles: many(3000) })).toBe("holds");
});

test("data that is not searched does not count, and strings count by their length", () => {
  const search = "roles.exists(r, claim.text.contains(r + '!'))";
  expect(askFor(search, { roles: many(100), claims: { text: "x" } })).toBe("fails");
  expect(askFor(search, { roles: many(100), claims: { text: "x".repeat(1_000_000) } })).toBe("too-large");
});

test("a list built inside a loop is refused when the rule is compiled", () => {
  expect(messageOf("roles.exists(r, roles + scopes == roles)")).toStartWith("adds up in its loop");
});
