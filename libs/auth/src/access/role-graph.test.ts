import { expect, test } from "bun:test";
import { RoleGraph } from "./role-graph.ts";

const graph = new RoleGraph({
  viewer: { permissions: ["carts:read"] },
  editor: { permissions: ["carts:write", "pages:home:*"], inherits: ["viewer"] },
  admin: { permissions: ["*"] },
});

test("a role has its own permissions and those it inherits, each once and sorted", () => {
  expect(graph.permissionsOf(["editor", "viewer"])).toEqual(["carts:read", "carts:write", "pages:home:*"]);
  expect(graph.permissionsOf(["stranger", "constructor"])).toEqual([]);
});

test("a wildcard grants what is below it and nothing beside it", () => {
  expect(graph.allows(["editor"], "carts:read")).toBe(true);
  expect(graph.allows(["editor"], "pages:home:edit")).toBe(true);
  expect(graph.allows(["editor"], "pages:home:edit:title")).toBe(true);
  expect(graph.allows(["editor"], "pages:home")).toBe(false);
  expect(graph.allows(["editor"], "pages:homework")).toBe(false);
  expect(graph.allows(["admin"], "anything")).toBe(true);
  expect(graph.allows(["stranger"], "carts:read")).toBe(false);
  expect(graph.allows([], "carts:read")).toBe(false);
});

test("roles with exponentially many inheritance paths are still resolved", () => {
  const levels = Array.from({ length: 200 }, (_, level) => level);
  const rolesOf = (level: number) => ["left", "right"].map((side) => `${side}-${level}`);
  const definitions = Object.fromEntries(
    levels.flatMap((level) =>
      rolesOf(level).map((role) => [
        role,
        { permissions: [`${role}:do`], inherits: level === 0 ? [] : rolesOf(level - 1) },
      ]),
    ),
  );
  expect(new RoleGraph(definitions).permissionsOf(["left-199"])).toHaveLength(399);
});

test("cycles and unknown parents are refused", () => {
  expect(
    () => new RoleGraph({ a: { permissions: [], inherits: ["b"] }, b: { permissions: [], inherits: ["a"] } }),
  ).toThrow("a → b → a");
  expect(() => new RoleGraph({ a: { permissions: [], inherits: ["toString"] } })).toThrow(
    "toString, which is not defined",
  );
});
