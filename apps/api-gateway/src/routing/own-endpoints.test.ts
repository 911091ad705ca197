import { expect, test } from "bun:test";
import { OwnEndpoints } from "./own-endpoints.ts";

const own = new OwnEndpoints({ hasSignIn: true });

test.each([
  ["/*", "/healthz", "/healthz"],
  ["/{page}", "/metrics", "/metrics"],
  ["/auth/*", "/auth/login", "/auth/login"],
  ["/auth/oauth/{name}/*", "/auth/oauth/peer/start", "/auth/oauth/{provider}/start"],
  ["/auth/oauth/{name}/{step}", "/auth/oauth/peer/start", "/auth/oauth/{provider}/start"],
])("a route for %s gives way to the endpoint of %s", (route, path, endpoint) => {
  expect(own.isAbove(route)).toBe(true);
  expect(own.before(route, path)).toBe(endpoint);
});

test.each([
  ["/healthz", "/healthz"],
  ["/auth/oauth/peer/start", "/auth/oauth/peer/start"],
  ["/auth/oauth/{name}/start", "/auth/oauth/peer/start"],
])("a route that spells out %s goes before it", (route, path) => {
  expect(own.isAbove(route)).toBe(false);
  expect(own.before(route, path)).toBeNull();
});

test.each(["/*", "/auth/*", "/{page}"])("a route for %s keeps what is nobody else's", (route) => {
  expect(own.before(route, "/auth/password")).toBeNull();
  expect(own.before(route, "/healthz/deep")).toBeNull();
});

test.each(["/api/*", "/shop/{id}", "/auth", "/auth/login/now", "/healthz/*"])(
  "a route for %s is not slowed down by endpoints that it never meets",
  (route) => expect(own.isAbove(route)).toBe(route === "/healthz/*"),
);

test("a gateway without users of its own leaves /auth to its routes", () => {
  const alone = new OwnEndpoints({ hasSignIn: false });
  expect(alone.before("/*", "/auth/login")).toBeNull();
  expect(alone.before("/*", "/readyz")).toBe("/readyz");
});
