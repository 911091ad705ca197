import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { nearestRoutes } from "./nearest-routes.ts";
import type { MatchInput, RouteMatch } from "./route-match.ts";
import { Router } from "./router.ts";

const table: Readonly<Record<string, RouteMatch>> = {
  events: { path: "/api/events/*", methods: ["POST"] },
  carts: { path: "/api/carts/{id}", methods: ["GET"] },
  shop: { path: "/shop/*", host: ["shop.test", "*.shop.test"] },
  beta: { path: "/beta", headers: { "x-beta": "on" }, query: { v: "2" } },
  all: { path: "/api/events/{id}", methods: ["POST"] },
};
const routes = Object.entries(table).map(([id, match]) => ({ id, match }));

function input(method: string, url: string, headers: Readonly<Record<string, string>> = {}): MatchInput {
  const { hostname: host, pathname: path, search } = new URL(url, "http://any.test");
  return { host, path, method, query: search.slice(1), header: (name) => headers[name] ?? null };
}

const nearest = (request: MatchInput, taken: string | null = null) =>
  nearestRoutes(routes, request, { taken, count: 1 })[0];

test("a route that differs in one condition is listed with it, what it expected and what it got", () => {
  expect(nearest(input("PUT", "/api/carts/7"))).toEqual({
    route: "carts",
    failed: "method",
    expected: "GET",
    actual: "PUT",
  });
  expect(nearest(input("GET", "http://other.test/shop/1"))).toEqual({
    route: "shop",
    failed: "host",
    expected: "shop.test or *.shop.test",
    actual: "other.test",
  });
  expect(nearest(input("GET", "/beta?v=2"))).toEqual({
    route: "beta",
    failed: "headers",
    expected: "x-beta: on",
    actual: "absent",
  });
  expect(nearest(input("GET", "/beta?v=1", { "x-beta": "on" }))).toEqual({
    route: "beta",
    failed: "query",
    expected: "v: 2",
    actual: "1",
  });
});

test.each([
  ["a letter too few", "/api/event/7", "events"],
  ["two letters swapped", "/api/cratS/7", "carts"],
  ["a part too few", "/api/carts", "carts"],
  ["a word that is another", "/api/basket/7", "carts"],
])("%s suggests the most similarly spelt route", (_what, path, route) => {
  const method = route === "carts" ? "GET" : "POST";
  expect(nearest(input(method, path))).toMatchObject({ route, failed: "path" });
});

test.each([
  ["a slash at the end", "/api/carts/list/"],
  ["a part too few", "/api/carts"],
  ["a part too many", "/api/carts/list/7"],
])(
  "%s suggests the route that begins alike, before those of other hosts and other parts of the site",
  (_what, path) => {
    const others: Readonly<Record<string, RouteMatch>> = {
      admin: { path: "/*", host: ["admin.test"] },
      shop: { path: "/shop/*" },
      list: { path: "/api/carts/list" },
    };
    const table = Object.entries(others).map(([id, match]) => ({ id, match }));
    expect(nearestRoutes(table, input("GET", path), { taken: null, count: 1 })).toMatchObject([
      { route: "list", failed: "path" },
    ]);
  },
);

test("the value that a route requires is not shown where it may be a secret, and that it must be present is", () => {
  const missOf = (match: RouteMatch) =>
    nearestRoutes([{ id: "one", match }], input("GET", "/a"), { taken: null, count: 1 })[0]?.expected;
  expect(missOf({ path: "/a", headers: { "x-api-key": "s3cr3t" } })).toBe(
    "x-api-key: a value that is not shown",
  );
  expect(missOf({ path: "/a", query: { token: { prefix: "s3cr3t" } } })).toBe(
    "token: a value that is not shown",
  );
  expect(missOf({ path: "/a", headers: { authorization: { present: true } } })).toBe(
    "authorization: present",
  );
});

test("behind the matched route, others that match are listed as less specific, and distant ones are not listed", () => {
  const request = input("POST", "/api/events/7");
  expect(nearestRoutes(routes, request, { taken: "all", count: 9 })).toEqual([
    { route: "events", failed: "specificity", expected: "no route that is more specific", actual: "all is" },
  ]);
});

test("a route is a match here exactly if the router matches it", () => {
  const segment = fc.constantFrom("a", "b", "ab", "{p}", "*");
  const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => {
    const star = parts.indexOf("*");
    const seen = new Set<string>();
    const named = (star === -1 ? parts : parts.slice(0, star + 1)).map((part, index) => {
      if (part !== "{p}") return part;
      seen.add(part);
      return `{p${index}}`;
    });
    return `/${named.join("/")}`;
  });
  const match = fc.record(
    { path, methods: fc.constantFrom(["GET"], ["POST"]), host: fc.constantFrom(["a.test"], ["*.test"]) },
    { requiredKeys: ["path"] },
  );
  const request = fc.record({
    path: fc
      .array(fc.constantFrom("a", "b", "ab", ""), { maxLength: 4 })
      .map((parts) => `/${parts.join("/")}`),
    method: fc.constantFrom("GET", "POST"),
    host: fc.constantFrom("a.test", "b.test", "c.example"),
  });
  fc.assert(
    fc.property(match, request, ({ host, methods, path: pattern }, { path: asked, ...rest }) => {
      const one: RouteMatch = {
        path: pattern,
        ...(host === undefined ? {} : { host }),
        ...(methods === undefined ? {} : { methods }),
      };
      const target = { ...rest, path: asked.replaceAll(/\/{2,}/g, "/"), query: "", header: () => null };
      const route = { id: "one", match: one };
      const isTaken = new Router([route]).match(target).kind === "matched";
      const [miss] = nearestRoutes([route], target, { taken: null, count: 1 });
      expect(miss?.failed === "specificity").toBe(isTaken);
    }),
  );
});
