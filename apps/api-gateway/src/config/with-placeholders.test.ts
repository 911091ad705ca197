import { expect, test } from "bun:test";
import { checkConfig } from "./check-config.ts";

const target = (url = "http://127.0.0.1:1") => ({ discovery: { type: "static", targets: [{ url }] } });
const to = (id: string, service: string, more: object = {}) => ({
  id,
  match: { path: `/${id}` },
  service,
  ...more,
});
const authenticate = (...names: string[]) => ({ policies: [{ type: "authenticate", with: names }] });

/** Where a problem is told of, each place as often as one is. */
function pathsOf(config: object): readonly string[] {
  const checked = checkConfig({ version: 1, ...config });
  return checked.ok ? [] : checked.issues.map(({ path }) => path).toSorted();
}

test("unresolved references and wrong shapes are reported together", () => {
  const config = {
    identity: { keys: { type: "local", cacheMax: "many" } },
    services: {
      shop: { ...target(), connectionsMax: -1 },
      cart: { ...target(), fallback: { service: "gone" } },
    },
    routes: [
      to("a", "shopp", authenticate("keys", "nobody")),
      to("b", "cart", { bodyBytesMax: "big" }),
      to("c", "cart", { policies: [{ type: "ip-rules", deny: ["10.0.0.300"] }] }),
    ],
    hub: { endpoints: [{ path: "/ws", authenticate: { with: ["strangers"] } }] },
  };
  expect(pathsOf(config)).toEqual([
    "/hub/endpoints/0/authenticate/with",
    "/identity/keys/cacheMax",
    "/routes/0/policies/0/with/1",
    "/routes/0/service",
    "/routes/1/bodyBytesMax",
    "/routes/2/policies/0/deny/0",
    "/services/cart/fallback/service",
    "/services/shop/connectionsMax",
  ]);
});

test.each([
  [
    "a service",
    { services: { shop: { ...target(), oops: 1 } }, routes: [to("a", "shop")] },
    "/services/shop/oops",
  ],
  [
    "an identity with a slash in its name",
    {
      identity: { "a/b": { type: "local", oops: 1 } },
      services: { shop: target() },
      routes: [to("a", "shop", authenticate("a/b"))],
    },
    "/identity/a~1b/oops",
  ],
  [
    "a role that others inherit from",
    { roles: { base: { permissions: [], oops: 1 }, more: { permissions: [], inherits: ["base"] } } },
    "/roles/base/oops",
  ],
  [
    "the listener that would ask for certificates",
    {
      server: { trustedProxies: 7 },
      identity: { mesh: { type: "mtls", authorities: { file: "ca.pem" }, commonNames: ["till"] } },
    },
    "/server/trustedProxies",
  ],
  [
    "a route",
    { services: { shop: target() }, routes: [to("a", "shop", { oops: 1 }), to("b", "shop")] },
    "/routes/0/oops",
  ],
  [
    "the hub",
    { hub: { endpoints: 7 }, services: { shop: target() }, routes: [to("a", "shop")] },
    "/hub/endpoints",
  ],
  ["the version", { version: 2, services: { shop: target() }, routes: [to("a", "shop")] }, "/version"],
])(
  "%s of the wrong shape is reported once, without follow-up errors at its references",
  (_, config, path) => {
    expect(pathsOf(config)).toEqual([path]);
  },
);

test.each([
  ["a section that is none", { services: [], routes: [to("a", "shop")] }, "/services"],
  ["a section of a misspelled name", { service: { shop: target() }, routes: [to("a", "shop")] }, "/service"],
])("%s causes no errors at its references", (_, config, path) => {
  expect(pathsOf(config)).toEqual([path]);
});

test.each([[null], [7], ["text"], [[]]])("input that is not a config is reported as such (%p)", (value) => {
  expect(checkConfig(value)).toMatchObject({ ok: false });
});

test("a thousand broken routes do not hide a broken reference in the last", () => {
  const broken = Array.from({ length: 1000 }, (_, index) => to(`r${index}`, "shop", { oops: 1, more: 2 }));
  const paths = pathsOf({ services: { shop: target() }, routes: [...broken, to("last", "gone")] });
  expect(paths).toHaveLength(2001);
  expect(paths).toContain("/routes/1000/service");
});
