import { describe, expect, test } from "bun:test";
import type { MatchInput, Routable, RouteMatch } from "./route-match.ts";
import { Router } from "./router.ts";

function input(method: string, url: string, headers: Readonly<Record<string, string>> = {}): MatchInput {
  const { hostname, pathname, search } = new URL(url, "http://any.test");
  return {
    host: hostname,
    path: pathname,
    method,
    query: search.slice(1),
    header: (name) => headers[name] ?? null,
  };
}

function routerOf(routes: Readonly<Record<string, RouteMatch>>): Router<Routable> {
  return new Router(Object.entries(routes).map(([id, match]) => ({ id, match })));
}

function winner(router: Router<Routable>, request: MatchInput): string {
  const result = router.match(request);
  return result.kind === "matched" ? result.route.id : result.kind;
}

describe("the most specific route wins", () => {
  test("a literal segment before a parameter before a prefix, whatever the order in the config", () => {
    const router = routerOf({
      prefix: { path: "/carts/*" },
      parameter: { path: "/carts/{id}" },
      literal: { path: "/carts/open" },
      deep: { path: "/carts/{id}/items" },
    });
    expect(winner(router, input("GET", "/carts/open"))).toBe("literal");
    expect(winner(router, input("GET", "/carts/7"))).toBe("parameter");
    expect(winner(router, input("GET", "/carts/7/items"))).toBe("deep");
    expect(winner(router, input("GET", "/carts/open/items"))).toBe("deep");
    expect(winner(router, input("GET", "/carts/7/else"))).toBe("prefix");
    expect(winner(router, input("GET", "/carts"))).toBe("prefix");
    expect(winner(router, input("GET", "/carts/"))).toBe("prefix");
    expect(winner(router, input("GET", "/cartsx"))).toBe("none");
  });

  test("the longest prefix first, and the root prefix for the rest", () => {
    const router = routerOf({ root: { path: "/*" }, a: { path: "/a/*" }, ab: { path: "/a/b/*" } });
    expect(winner(router, input("GET", "/a/b/c"))).toBe("ab");
    expect(winner(router, input("GET", "/a/c"))).toBe("a");
    expect(winner(router, input("GET", "/"))).toBe("root");
  });

  test("an exact host before the longest wildcard before any host", () => {
    const router = routerOf({
      any: { path: "/*" },
      shops: { host: ["*.shop.test"], path: "/*" },
      eu: { host: ["*.eu.shop.test"], path: "/*" },
      one: { host: ["a.eu.shop.test"], path: "/*" },
    });
    expect(winner(router, input("GET", "http://a.eu.shop.test/"))).toBe("one");
    expect(winner(router, input("GET", "http://b.eu.shop.test/"))).toBe("eu");
    expect(winner(router, input("GET", "http://x.shop.test/"))).toBe("shops");
    expect(winner(router, input("GET", "http://shop.test/"))).toBe("any");
  });

  test("a host without a matching route falls back to a less specific one", () => {
    const router = routerOf({ any: { path: "/b" }, host: { host: ["a.test"], path: "/a" } });
    expect(winner(router, input("GET", "http://a.test/b"))).toBe("any");
  });

  test("routes with methods before those without, then headers, then query, then the order in the config", () => {
    const router = routerOf({
      all: { path: "/x" },
      get: { path: "/x", methods: ["GET"] },
      beta: { path: "/x", methods: ["GET"], headers: { "x-beta": "1" } },
      page: { path: "/x", methods: ["GET"], query: { page: "2" } },
    });
    expect(winner(router, input("POST", "/x"))).toBe("all");
    expect(winner(router, input("GET", "/x"))).toBe("get");
    expect(winner(router, input("GET", "/x?page=2"))).toBe("page");
    expect(winner(router, input("GET", "/x?page=2", { "x-beta": "1" }))).toBe("beta");
  });
});

test("parameters are decoded and named, and an encoded slash stays within its segment", () => {
  const router = routerOf({ r: { path: "/shops/{shop}/carts/{cart}" } });
  const result = router.match(input("GET", "/shops/a%20b/carts/x%2Fy"));
  expect(result).toMatchObject({ kind: "matched", params: { shop: "a b", cart: "x/y" } });
});

test("an escape that is not UTF-8 is refused in a parameter", () => {
  const router = routerOf({ r: { path: "/{name}" } });
  expect(() => router.match(input("GET", "/%FF"))).toThrow(expect.objectContaining({ code: "invalid_path" }));
});

test("a path with other methods lists them", () => {
  const router = routerOf({ get: { path: "/x", methods: ["GET"] }, put: { path: "/x", methods: ["PUT"] } });
  expect(router.match(input("POST", "/x"))).toEqual({ kind: "method", allow: ["GET", "HEAD", "PUT"] });
});

test("a route for GET also serves HEAD", () => {
  expect(winner(routerOf({ get: { path: "/x", methods: ["GET"] } }), input("HEAD", "/x"))).toBe("get");
});

describe("a route that can never match is refused with the route that hides it:", () => {
  const shadowed = (routes: Readonly<Record<string, RouteMatch>>) => routerOf(routes).shadowed;
  test("a duplicate", () => {
    expect(shadowed({ a: { path: "/x" }, b: { path: "/x" } })).toEqual([{ route: "b", by: "a" }]);
    expect(shadowed({ a: { path: "/{p}" }, b: { path: "/{q}" } })).toEqual([{ route: "b", by: "a" }]);
  });
  test("a subset of earlier methods", () => {
    const routes = { a: { path: "/x", methods: ["GET", "PUT"] }, b: { path: "/x", methods: ["GET"] } };
    expect(shadowed(routes)).toEqual([{ route: "b", by: "a" }]);
  });
  test("HEAD after GET, which serves HEAD too, and not before", () => {
    const [get, head] = [
      { path: "/x", methods: ["GET"] },
      { path: "/x", methods: ["HEAD"] },
    ];
    expect(shadowed({ get, head })).toEqual([{ route: "head", by: "get" }]);
    expect(shadowed({ head, get })).toEqual([]);
  });
  test("but not one with a further condition, another path or another host", () => {
    expect(shadowed({ a: { path: "/x" }, b: { path: "/x", headers: { h: "1" } } })).toEqual([]);
    expect(shadowed({ a: { path: "/x/*" }, b: { path: "/x/y" } })).toEqual([]);
    expect(shadowed({ a: { host: ["a.test"], path: "/x" }, b: { path: "/x" } })).toEqual([]);
  });

  test("and a route with several hosts only if each of them is taken", () => {
    const a = { host: ["a.test"], path: "/x" };
    const both = { host: ["a.test", "b.test", "a.test"], path: "/x" };
    expect(shadowed({ a, both })).toEqual([]);
    expect(shadowed({ a, b: { host: ["b.test"], path: "/x" }, both })).toEqual([
      { route: "both", by: "a and b" },
    ]);
    expect(shadowed({ first: both, both })).toEqual([{ route: "both", by: "first" }]);
  });
});

test("each of ten thousand similar routes is found", () => {
  const routes = Array.from({ length: 10_000 }, (_, n) => ({
    id: `r${n}`,
    match: { path: `/r${n}/{id}/*` },
  }));
  const router = new Router(routes);
  for (const n of [0, 1, 4999, 9999]) {
    expect(winner(router, input("GET", `/r${n}/x/y`))).toBe(`r${n}`);
  }
});
