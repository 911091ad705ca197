import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { compileConditions, failedValue, takesMethod } from "./conditions.ts";
import { nearestRoutes } from "./nearest-routes.ts";
import { RequestValues } from "./request-values.ts";
import type { MatchInput, RouteMatch } from "./route-match.ts";
import { Router } from "./router.ts";

interface Asked {
  readonly method?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function input({ method = "GET", query = "", headers = {} }: Asked): MatchInput {
  return { host: "any.test", path: "/x", method, query, header: (name) => headers[name] ?? null };
}

const routesOf = (matches: Readonly<Record<string, Omit<RouteMatch, "path">>>) =>
  Object.entries(matches).map(([id, match]) => ({ id, match: { path: "/x", ...match } }));

function winner(matches: Parameters<typeof routesOf>[0], asked: Asked): string {
  const result = new Router(routesOf(matches)).match(input(asked));
  return result.kind === "matched" ? result.route.id : result.kind;
}

const cookie = (text: string): Asked => ({ headers: { cookie: text } });

describe("a route by cookie", () => {
  const plans = { gold: { cookies: { plan: "gold" } }, any: {} };
  test.each([
    ["its exact value", "a=1; plan=gold", "gold"],
    ["the first where it stands twice", "plan=gold; plan=none", "gold"],
    ["another value", "plan=golden", "any"],
    ["a name in another case", "Plan=gold", "any"],
    ["a name that only ends so", "myplan=gold", "any"],
  ])("matches %s", (_what, text, expected) => {
    expect(winner(plans, cookie(text))).toBe(expected);
  });
});

describe("the more specific condition wins", () => {
  test("headers before cookies before the query, whatever the order in the config", () => {
    const matches = {
      query: { query: { v: "2" } },
      cookie: { cookies: { v: "2" } },
      header: { headers: { v: "2" } },
      both: { cookies: { v: { present: true } }, query: { v: "2" } },
    };
    const asked = { query: "v=2", headers: { cookie: "v=2" } };
    expect(winner(matches, asked)).toBe("both");
    expect(winner(matches, { query: "v=2" })).toBe("query");
    expect(winner(matches, { ...asked, headers: { ...asked.headers, v: "2" } })).toBe("header");
  });

  test("an exact value, then the longer pattern, then presence, then absence", () => {
    const matches = {
      absent: { headers: { p: { present: false } } },
      present: { headers: { p: { present: true } } },
      inside: { headers: { p: { glob: "*old*" } } },
      prefix: { headers: { p: { prefix: "gold-" } } },
      exact: { headers: { p: "gold-1" } },
    };
    const wins = (value: string | null) => winner(matches, { headers: value === null ? {} : { p: value } });
    expect(["gold-1", "gold-2", "older", "new", "", null].map(wins)).toEqual([
      "exact",
      "prefix",
      "inside",
      "present",
      "present",
      "absent",
    ]);
  });

  test("parameters are compared decoded", () => {
    const matches = { it: { query: { "a b": { prefix: "ü/" } } } };
    expect(winner(matches, { query: "a%20b=%C3%BC%2Fx" })).toBe("it");
    expect(winner(matches, { query: "a+b=%C3%BCx" })).toBe("none");
  });
});

test("a route behind one that accepts all of its values can never match", () => {
  const shadowed = (matches: Parameters<typeof routesOf>[0]) => new Router(routesOf(matches)).shadowed;
  expect(
    shadowed({ a: { headers: { p: { prefix: "go" } } }, b: { headers: { p: { glob: "go*" } } } }),
  ).toEqual([{ route: "b", by: "a" }]);
  expect(
    shadowed({ a: { headers: { p: { prefix: "go" } } }, b: { headers: { p: { prefix: "gold" } } } }),
  ).toEqual([]);
  expect(shadowed({ a: { cookies: { p: "1" } }, b: { headers: { p: "1" } } })).toEqual([]);
});

test("a near miss does not reveal the cookie's value", () => {
  const routes = routesOf({ it: { cookies: { plan: { prefix: "gold-" } } } });
  const near = (text: string) => nearestRoutes(routes, input(cookie(text)), { taken: null, count: 1 })[0];
  expect(near("plan=secret")).toEqual({
    route: "it",
    failed: "cookies",
    expected: "plan: gold-*",
    actual: "another value",
  });
  expect(near("other=1")?.actual).toBe("absent");
});

describe("many routes of one path", () => {
  test("are indexed: the match is found without evaluating the others", () => {
    const routes = routesOf(
      Object.fromEntries(
        Array.from({ length: 5000 }, (_, index) => [`r${index}`, { headers: { "x-shop": `shop-${index}` } }]),
      ),
    );
    const router = new Router(routes);
    let reads = 0;
    const asked: MatchInput = {
      ...input({}),
      header(name) {
        reads += 1;
        return name === "x-shop" ? "shop-4999" : null;
      },
    };
    expect(router.match(asked)).toMatchObject({ kind: "matched", route: { id: "r4999" } });
    expect(reads).toBeLessThan(4);
  });

  const value = fc.constantFrom("a", "b", "ab", "ba");
  const rule = fc.oneof(
    { weight: 3, arbitrary: value },
    value.map((prefix) => ({ prefix })),
    fc.boolean().map((present) => ({ present })),
  );
  const values = fc.dictionary(fc.constantFrom("p", "q"), rule, { maxKeys: 2 });
  const condition = fc.record(
    { headers: values, cookies: values, query: values, methods: fc.constantFrom(["GET"], ["PUT"]) },
    { requiredKeys: [] },
  );
  const given = fc.dictionary(fc.constantFrom("p", "q"), value, { maxKeys: 2 });

  test("give the same result as a linear search", () => {
    fc.assert(
      fc.property(
        fc.array(condition, { minLength: 20, maxLength: 60 }),
        given,
        given,
        given,
        (matches, headers, cookies, query) => {
          const routes = routesOf(Object.fromEntries(matches.map((one, index) => [`r${index}`, one])));
          const text = Object.entries(cookies).map(([name, one]) => `${name}=${one}`);
          const asked = input({
            headers: { ...headers, cookie: text.join("; ") },
            query: new URLSearchParams(query).toString(),
          });
          const result = new Router(routes).match(asked);
          const fitting = routes.filter(({ match }) => {
            const conditions = compileConditions(match);
            return (
              failedValue(conditions, new RequestValues(asked)) === null && takesMethod(conditions, "GET")
            );
          });
          const alone = new Router(fitting).match(asked);
          expect(result.kind === "matched" ? result.route : null).toEqual(
            alone.kind === "matched" ? alone.route : null,
          );
        },
      ),
    );
  });
});
