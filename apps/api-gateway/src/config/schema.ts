import { authDefaults } from "@libs/auth";
import { type Static, type TInteger, Type } from "@sinclair/typebox";
import { aggregateSchema } from "../aggregation/schema.ts";
import { HubSchema } from "../hub/config/schema.ts";
import { signInSchema } from "../auth/sign-in/schema.ts";
import { tlsSchema } from "../listener/tls-schema.ts";
import { discoveries } from "../discovery/registry.ts";
import { identityTypes } from "../identity/registry.ts";
import { secretSchema } from "../model/config/secret-schema.ts";
import { debugLifetimeMs } from "../model/config/debug-lifetime.ts";
import { gatewayErrorPagesSchema } from "../policies/error-pages/schema.ts";
import { policies } from "../policies/registry.ts";
import { matchSchema } from "../routing/match-schema.ts";
import { balancers } from "../upstream/balancing/registry.ts";
import { serviceFields, timeoutsSchema } from "../upstream/service-schema.ts";
import { webSocketSchema } from "../upstream/websocket/websocket-schema.ts";
import { typedUnion } from "./typed-union.ts";

const strict = { additionalProperties: false } as const;
const id = Type.String({
  pattern: "^[a-z0-9][a-z0-9_.-]{0,63}$",
  description: "Lower-case letters, digits, dots, dashes.",
});

const Service = Type.Object(
  {
    discovery: typedUnion(discoveries, {
      kind: "discovery type",
      description: "How the targets of the service are found.",
      examples: [{ type: "static", targets: [{ url: "http://10.0.0.1:8080" }] }],
    }),
    balancer: typedUnion(balancers, {
      kind: "balancer",
      description: "Which target takes the next request.",
      default: { type: "round-robin" },
    }),
    ...serviceFields,
  },
  { ...strict, description: "What requests are sent to." },
);

const IdentityEntry = typedUnion(identityTypes, {
  kind: "identity type",
  description: "A way to authenticate callers.",
});

/** A policy in a route: its type, and the fields of that type's own schema. */
const PolicyEntry = typedUnion(policies, { kind: "policy", description: "A policy of the route." });

/** Without the default: a route that does not set it inherits its service's. */
function withoutDefault({ default: _default, ...schema }: TInteger) {
  return Type.Optional(Type.Integer(schema));
}

const RouteTimeouts = Type.Object(
  {
    connectMs: withoutDefault(timeoutsSchema.properties.connectMs),
    firstByteMs: withoutDefault(timeoutsSchema.properties.firstByteMs),
    idleMs: withoutDefault(timeoutsSchema.properties.idleMs),
    totalMs: withoutDefault(timeoutsSchema.properties.totalMs),
  },
  {
    ...strict,
    description: "Override the service's timeouts; absent ones keep the service's value.",
  },
);

const Route = Type.Object(
  {
    id,
    match: matchSchema,
    service: Type.Optional(
      Type.String({
        description: "Absent where a policy answers, such as `respond`, or several services do.",
      }),
    ),
    aggregate: Type.Optional(aggregateSchema),
    path: Type.Object(
      {
        stripPrefix: Type.Optional(
          Type.String({ pattern: "^/.*[^/]$", description: "Prefix removed from the path." }),
        ),
        addPrefix: Type.Optional(
          Type.String({
            pattern: "^/.*[^/]$",
            maxLength: 1024,
            description: "Put before the path, after `stripPrefix` has removed its own.",
          }),
        ),
        template: Type.Optional(
          Type.String({ pattern: "^/", description: "The new path, with `{names}` of path parameters." }),
        ),
      },
      { ...strict, default: {}, description: "How the path changes on its way to the service." },
    ),
    host: Type.Union([Type.Literal("preserve"), Type.Literal("target")], {
      default: "preserve",
      description: "The Host header that the service sees: the client's, or the target's own.",
    }),
    bodyBytesMax: Type.Integer({
      minimum: 0,
      maximum: 2 ** 40,
      default: 10_485_760,
      description: "Largest request body in bytes; more is refused with 413.",
    }),
    timeouts: Type.Optional(RouteTimeouts),
    websocket: Type.Union([Type.Boolean(), webSocketSchema], {
      default: false,
      description: "Whether WebSockets are tunnelled to the service; `true`, or their limits.",
    }),
    policies: Type.Array(PolicyEntry, {
      default: [],
      maxItems: 64,
      description: "Applied in the order of their phases.",
    }),
  },
  { ...strict, description: "Requests that match go to a service, through policies." },
);

const permissions = Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
  maxItems: 1000,
  description: "Words joined by colons; `carts:*` is everything below carts, `*` everything.",
});

const Role = Type.Object(
  {
    permissions,
    inherits: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
      default: [],
      maxItems: 64,
      description: "Roles whose permissions it includes.",
    }),
  },
  strict,
);

const debugSchema = Type.Object(
  {
    secret: secretSchema("The secret that signs passes, at least 32 characters."),
    lifetimeMsMax: Type.Integer({
      minimum: 1000,
      ...debugLifetimeMs,
      description: "Longest lifetime of a pass; longer ones are invalid. Milliseconds.",
    }),
  },
  {
    ...strict,
    description:
      "Callers with a signed pass in `x-cartway-debug` get the decisions about their request in response headers. See `bun run sign-debug`.",
  },
);

const ServerSettings = Type.Object(
  {
    trustedProxies: Type.Array(Type.String(), {
      default: [],
      maxItems: 1000,
      description: "CIDRs of the proxies whose X-Forwarded-For is trusted; none by default.",
    }),
    trustedHops: Type.Integer({
      minimum: 0,
      maximum: 16,
      default: 0,
      description:
        "Instead of `trustedProxies`: the number of proxies in front of the gateway, whatever their addresses. Use it only where nobody else can reach the port.",
    }),
    forwarded: Type.Boolean({
      default: false,
      description: "Whether services also get `Forwarded` (RFC 7239), besides X-Forwarded-*.",
    }),
    tls: Type.Optional(tlsSchema),
    maxConnections: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000_000,
        description:
          "Client connections of one process, WebSockets included; 50,000 where absent. Further ones are answered 503 with Retry-After.",
      }),
    ),
    maxConnectionsPerAddress: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000_000,
        description:
          "The same per client address; unbounded where absent. Behind a load balancer all clients share its address.",
      }),
    ),
    encodedSlashes: Type.Union([Type.Literal("keep"), Type.Literal("reject"), Type.Literal("decode")], {
      default: "keep",
      description:
        "What happens to `%2F` in a path: `keep` leaves it, and routes do not treat it as a separator; `reject` refuses with 400; `decode` makes it a slash for routes and services. Use `decode` where services decode it themselves, or a request could bypass a route.",
    }),
    pathParameters: Type.Union([Type.Literal("keep"), Type.Literal("reject")], {
      default: "keep",
      description:
        "What happens to `;x=1` in a path, escaped or not: `keep` leaves it in its segment, `reject` refuses with 400. Use `reject` where services strip it, as servlet containers do: `/admin;x=1` and `/a/..;/admin` would be `/admin` to them but not to routes.",
    }),
    via: Type.String({
      pattern: "^[A-Za-z0-9._-]{1,64}$",
      default: "cartway",
      description:
        "This gateway's name in Via. A mark of the process is appended, by which request loops are detected.",
    }),
    accessLog: Type.Object(
      {
        sampleRatio: Type.Number({
          minimum: 0,
          maximum: 1,
          default: 0,
          description: "Share of requests that are logged.",
        }),
        requestHeaders: Type.Array(Type.String({ pattern: "^[a-z0-9-]+$", maxLength: 64 }), {
          maxItems: 16,
          uniqueItems: true,
          default: [],
          description:
            "Headers of the client, in lower case, whose values the line has under `headers`, such as user-agent and referer; the first 256 characters. Those with credentials are refused.",
        }),
      },
      {
        ...strict,
        default: {},
        description:
          "One JSON line per request. Failures of the gateway or a service are logged whatever the ratio: the first of each code and route in a second, then how many followed.",
      },
    ),
    errorPages: Type.Optional(gatewayErrorPagesSchema),
    explainNotFound: Type.Boolean({
      default: false,
      description:
        "For development: a 404 of the gateway names the nearest routes and why they did not match. It reveals routes to callers.",
    }),
    debug: Type.Optional(debugSchema),
    bodyRate: Type.Object(
      {
        bytesPerSecMin: Type.Integer({
          minimum: 0,
          maximum: 1_000_000_000,
          default: 100,
          description: "Bytes per second, on average over each window; 0 for no minimum.",
        }),
        windowMs: Type.Integer({
          minimum: 1000,
          maximum: 600_000,
          default: 20_000,
          description: "Only time in which the client is waited for counts. Milliseconds.",
        }),
      },
      {
        ...strict,
        default: {},
        description:
          "The rate at which clients have to send a request's body over HTTP/1.1; slower ones are answered 408.",
      },
    ),
    sendTimeoutMs: Type.Integer({
      minimum: 100,
      maximum: 255_000,
      default: 60_000,
      description:
        "How long a client may read nothing of a streamed answer before it is cut off. Milliseconds.",
    }),
    healthDeadlineMs: Type.Integer({
      minimum: 0,
      maximum: 30_000,
      default: 2000,
      description: "Deadline of GET /health, however many services it checks. Milliseconds.",
    }),
  },
  { ...strict, default: {}, description: "The listener and what applies to every route." },
);

export const GatewayConfigSchema = Type.Object(
  {
    $schema: Type.Optional(
      Type.String({ description: "Where editors find this schema. Not read by the gateway." }),
    ),
    version: Type.Literal(1, { description: "The version of this format." }),
    server: ServerSettings,
    identity: Type.Record(Type.String(), IdentityEntry, {
      default: {},
      description: "Named ways to authenticate callers.",
    }),
    signIn: Type.Optional(signInSchema),
    roles: Type.Record(Type.String({ minLength: 1, maxLength: 128 }), Role, {
      default: authDefaults.roles,
      description: "What each role may do. Those of the product where absent.",
    }),
    services: Type.Record(Type.String(), Service, {
      default: {},
      description: "What requests are sent to, by name.",
    }),
    routes: Type.Array(Route, {
      default: [],
      maxItems: 100_000,
      description: "Which requests go where, and through which policies.",
    }),
    hub: Type.Optional(HubSchema),
  },
  { ...strict, $id: "https://cartway.dev/gateway.schema.json", title: "Cartway gateway configuration" },
);

export type GatewayConfig = Static<typeof GatewayConfigSchema>;
export type RouteConfig = Static<typeof Route>;
export type { TypedEntry as PolicyConfig } from "../model/config/typed-entry.ts";
