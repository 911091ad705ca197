import { Environment } from "@marcbachmann/cel-js";
import { expect, test } from "bun:test";
import { loopWorkOf } from "./loop-work.ts";

const environment = new Environment({ unlistedVariablesAreDyn: true });
const workOf = (source: string) => loopWorkOf(environment.parse(source).ast);

test.each([
  "roles.exists(r, r == 'admin')",
  "claim.groups.all(g, g.name in ['a', 'b'] && g.kind != 'x' || !(g.on == true))",
  "roles.exists(r, r == 'admin:' + path.shop)",
  "roles.exists(r, r.startsWith(tenant) && r.endsWith('x') && r.contains(subject))",
  "claim.groups.exists(g, g == claim.main && claim.on)",
  "claim.groups.exists(g, 'x' in g.roles ? g.on : false)",
  "roles.filter(r, r != 'x').size() > 0",
])("constant work per element is not a search: %s", (source) => {
  expect(workOf(source)).toEqual({ loops: 1, searches: 0, builds: false });
});

test.each([
  ["roles.all(r, r in scopes)", 1],
  ["roles.all(r, r in scopes || r in claim.other)", 2],
  ["claim.groups.exists(g, claim.a == claim.b)", 1],
  ["roles.exists(r, claim.text.contains('x'))", 1],
  ["roles.map(r, claim.groups).size() > 0", 1],
  ["roles.exists(r, size(claim.groups) > 3)", 1],
])("scanning the caller's data is a search: %s", (source, searches) => {
  expect(workOf(source)).toEqual({ loops: 1, searches, builds: false });
});

test("lists that are built inside a loop are reported, others are not", () => {
  expect(workOf("roles.exists(r, roles + scopes == claim.all)").builds).toBe(true);
  expect(workOf("roles.exists(r, (claim.a + r).size() > 3)").builds).toBe(true);
  expect(workOf("(roles + scopes).exists(r, r == 'x')").builds).toBe(false);
  expect(workOf("roles + scopes == claim.all")).toEqual({ loops: 0, searches: 0, builds: false });
});
