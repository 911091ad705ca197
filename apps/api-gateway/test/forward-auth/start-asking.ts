import type { MemoryLogger, Metrics } from "@libs/monitoring";
import { createManualClock, type ManualClock } from "@libs/testing";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import { type SeenRequest, startUpstream, type Upstream } from "../support/upstreams/start-upstream.ts";

export interface AskingGateway extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** The auth service, which answers with `answer`. */
  readonly auth: Upstream;
  readonly app: Upstream;
  readonly clock: ManualClock;
  readonly log: MemoryLogger;
  readonly metrics: Metrics;
  answer: (asked: SeenRequest) => Response | Promise<Response>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

export interface AskingOptions {
  /** Of the identity, beside what lets `x-user` in. */
  readonly forward?: object;
  /** Address of the auth service, `auth` by default. */
  readonly authUrl?: string;
  readonly authService?: object;
  /** Address of the protected service, `app` by default. */
  readonly appUrl?: string;
  /** Whether `/private/*` is for WebSockets too. */
  readonly websocket?: boolean;
  readonly server?: object;
  readonly routes?: readonly object[];
  readonly hub?: object;
}

const authenticate = { type: "authenticate", with: ["sso"] };

/** A gateway that asks the auth service about every request to `/private/*`; `/open/*` also admits anonymous callers. */
export async function startAsking(options: AskingOptions = {}): Promise<AskingGateway> {
  const { forward = {}, authService = {}, server = {}, routes = [], hub } = options;
  const clock = createManualClock(Date.now());
  const auth = startUpstream(async (_request, seen) => await asking.answer(seen));
  const app = startUpstream((_request, { headers }) => Response.json(Object.fromEntries(headers)));
  const sso = {
    type: "forward",
    service: "auth",
    path: "/check",
    headers: { subject: "x-user" },
    ...forward,
  };
  const gateway = await startGateway(
    {
      server,
      services: {
        auth: serviceAt(options.authUrl ?? auth.url, authService),
        app: serviceAt(options.appUrl ?? app.url),
      },
      identity: { sso },
      routes: [
        {
          id: "private",
          match: { path: "/private/*" },
          service: "app",
          policies: [authenticate],
          ...(options.websocket === true ? { websocket: true } : {}),
        },
        {
          id: "open",
          match: { path: "/open/*" },
          service: "app",
          policies: [{ ...authenticate, anonymous: true }],
        },
        { id: "public", match: { path: "/public/*" }, service: "app" },
        ...routes,
      ],
      ...(hub === undefined ? {} : { hub }),
    },
    // a second of the log is over in a millisecond: every line of a flood is written
    { now: clock.now, monotonicNow: () => performance.now() * 1000 },
  );
  const asking: AskingGateway = {
    url: gateway.url,
    port: gateway.port,
    auth,
    app,
    clock,
    log: gateway.log,
    metrics: gateway.metrics,
    answer: () => letIn("ada"),
    get: (path, headers = {}) => fetch(gateway.url + path, { headers, redirect: "manual" }),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await auth[Symbol.asyncDispose]();
      await app[Symbol.asyncDispose]();
    },
  };
  return asking;
}

export function letIn(user: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status: 200, headers: { "x-user": user, ...headers } });
}

/** The caller in the protected service's request. */
export async function userIn(response: Response): Promise<unknown> {
  const told: unknown = await response.json();
  return typeof told === "object" && told !== null ? Reflect.get(told, "x-user-id") : undefined;
}
