import { expect, test } from "bun:test";
import { OwnEndpoints } from "./own-endpoints.ts";

const own = new OwnEndpoints({ hasSignIn: true });

test.each([
  ["/*", "/healthz", "/healthz"],
  ["/{page}", "/metrics", "/metrics"],
  ["/auth/*", "/auth/login", "/auth/login"],
  ["/auth/oauth/{name}/*", "/auth/oauth/peer/start", "/auth/oauth/{provider}/start"],
  ["/auth/oauth/{name}/{step}", "/auth/oauth/peer/start", "/auth/oauth/{provider}/start"],
])("a route for %s gives precedence to the endpoint %s", (route, path, endpoint) => {
  expect(own.isAbove(route)).toBe(true);
  expect(own.before(route, path)).toBe(endpoint);
});

test.each([
  ["/healthz", "/healthz"],
  ["/auth/oauth/peer/start", "/auth/oauth/peer/start"],
  ["/auth/oauth/{name}/start", "/auth/oauth/peer/start"],
])("a route with the exact path %s takes precedence", (route, path) => {
  expect(own.isAbove(route)).toBe(false);
  expect(own.before(route, path)).toBeNull();
});

test.each(["/*", "/auth/*", "/{page}"])("a route for %s serves all other paths", (route) => {
  expect(own.before(route, "/auth/password")).toBeNull();
  expect(own.before(route, "/healthz/deep")).toBeNull();
});

test.each(["/api/*", "/shop/{id}", "/auth", "/auth/login/now", "/healthz/*"])(
  "a route for %s is not slowed down by endpoints outside of it",
  (route) => expect(own.isAbove(route)).toBe(route === "/healthz/*"),
);

test("without a user database, /auth belongs to the routes", () => {
  const alone = new OwnEndpoints({ hasSignIn: false });
  expect(alone.before("/*", "/auth/login")).toBeNull();
  expect(alone.before("/*", "/readyz")).toBe("/readyz");
});
