import type { MemoryLogger, Metrics } from "@libs/monitoring";
import type { Gateway } from "../../src/build-gateway.ts";
import { checkedConfig, serviceAt, startGateway } from "../support/start-gateway.ts";
import { startUpstream, type Upstream } from "../support/upstreams/start-upstream.ts";

export interface BasicGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly url: string;
  readonly app: Upstream;
  readonly log: MemoryLogger;
  readonly metrics: Metrics;
  /** The file that a reload reads again. */
  readonly env: Record<string, string>;
  get(credentials: string | null, path?: string, init?: RequestInit): Promise<Response>;
  reload(): Promise<void>;
}

/** Cheap ones: what a check costs is not what these tests are about. */
export const hashOf = (password: string) => Bun.password.hash(password, { algorithm: "bcrypt", cost: 4 });

export const basicOf = (credentials: string) => `Basic ${Buffer.from(credentials).toString("base64")}`;

/** A gateway that knows `ada:lovelace-7` and `bob:till`, on routes for these alone and beside tokens, and on a hub. */
export async function startBasic(identity: object = {}): Promise<BasicGateway> {
  const app = startUpstream((_request, { headers }) => Response.json(Object.fromEntries(headers)));
  const env = {
    // as htpasswd -B writes it
    STAFF: `ada:${(await hashOf("lovelace-7")).replace("$2b$", "$2y$")}\n`,
    BOB: await Bun.password.hash("till", { algorithm: "argon2id", memoryCost: 64, timeCost: 1 }),
    KEY: "k".repeat(40),
  };
  const tokens = { type: "jwt", issuer: "x", audience: "y", algorithms: ["HS256"], secret: { env: "KEY" } };
  const route = (
    id: string,
    names: readonly string[],
    more: object = {},
    others: readonly object[] = [],
  ) => ({
    id,
    match: { path: `/${id}` },
    service: "app",
    policies: [{ type: "authenticate", with: names, realm: "shop", ...more }, ...others],
  });
  const config = () =>
    checkedConfig({
      services: { app: serviceAt(app.url) },
      identity: {
        staff: {
          type: "basic",
          htpasswd: { env: "STAFF" },
          users: { ada: { roles: ["admin"], tenant: "acme" }, bob: { hash: { env: "BOB" } } },
          roles: ["staff"],
          ...identity,
        },
        tokens,
      },
      routes: [
        route("a", ["staff"]),
        route("both", ["tokens", "staff"]),
        route("open", ["staff"], { anonymous: true }),
        route("rights", ["staff"], { anonymous: true }, [
          { type: "authorize", roles: ["admin"], realm: "shop" },
        ]),
      ],
      hub: { endpoints: [{ path: "/ws", authenticate: { with: ["staff"] } }] },
    });
  const { gateway, url, log, metrics } = await startGateway(config(), {
    env,
    monotonicNow: () => performance.now(),
  });
  return {
    gateway,
    url,
    app,
    log,
    metrics,
    env,
    get: (credentials, path = "/a", init = {}) =>
      fetch(url + path, {
        ...init,
        headers: {
          ...Object.fromEntries(new Headers(init.headers)),
          ...(credentials === null ? {} : { authorization: basicOf(credentials) }),
        },
      }),
    reload: () => gateway.reload(config()),
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await app[Symbol.asyncDispose]();
    },
  };
}
