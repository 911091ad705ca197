import { authDefaults } from "@libs/auth";
import { type Static, Type } from "@sinclair/typebox";
import { HubSchema } from "../hub/config/schema.ts";
import { signInSchema } from "../auth/sign-in/schema.ts";

const strict = { additionalProperties: false } as const;
const id = Type.String({
  pattern: "^[a-z0-9][a-z0-9_.-]{0,63}$",
  description: "Lower-case letters, digits, dots, dashes.",
});

function milliseconds(description: string, defaultMs: number, maximum = 3_600_000) {
  return Type.Integer({
    minimum: 0,
    maximum,
    default: defaultMs,
    description: `${description} Milliseconds.`,
  });
}

/** The value itself, or where it is: an environment variable or a file. Never logged, never shown. */
export const SecretReference = Type.Union(
  [
    Type.String({ minLength: 1 }),
    Type.Object(
      { env: Type.String({ minLength: 1, description: "Name of an environment variable." }) },
      strict,
    ),
    Type.Object(
      {
        file: Type.String({ minLength: 1, description: "Path of a file; its trailing line end is dropped." }),
      },
      strict,
    ),
  ],
  { description: "A secret: a text, `{ env: NAME }` or `{ file: PATH }`." },
);

export const StaticTarget = Type.Object(
  {
    url: Type.String({
      pattern: "^https?://[^/?#@\\s]+/?$",
      description: "Scheme, host and port; no path: paths are rewritten by the route.",
    }),
    weight: Type.Integer({
      minimum: 0,
      maximum: 1000,
      default: 1,
      description: "Share of the traffic; 0 takes none.",
    }),
  },
  { ...strict, description: "One address of a service." },
);

export const Timeouts = Type.Object(
  {
    connectMs: milliseconds("To open a connection.", 1000),
    firstByteMs: milliseconds("From the request sent to the first byte of the answer.", 15_000),
    idleMs: milliseconds("Between two bytes, either way.", 60_000),
    totalMs: milliseconds("For everything, retries included; 0 for none, as streams need.", 0),
  },
  { ...strict, default: {}, description: "How long each step may take." },
);

export const Retry = Type.Object(
  {
    attemptsMax: Type.Integer({
      minimum: 1,
      maximum: 10,
      default: 1,
      description: "All attempts, the first included.",
    }),
    on: Type.Array(Type.Union([Type.Literal("connect"), Type.Integer({ minimum: 400, maximum: 599 })]), {
      default: ["connect", 502, 503, 504],
      description: "Failures that are worth another attempt: `connect`, or statuses of the answer.",
    }),
    backoff: Type.Object(
      {
        baseMs: milliseconds("Ceiling of the first wait; doubled for each further one.", 25, 60_000),
        maxMs: milliseconds("Ceiling of every wait.", 250, 60_000),
      },
      { ...strict, default: {}, description: "Waits are random between 0 and their ceiling." },
    ),
  },
  { ...strict, default: {}, description: "Only what is safe to repeat is repeated: see is-replay-safe.ts." },
);

export const HealthCheck = Type.Object(
  {
    path: Type.String({
      pattern: "^/",
      default: "/healthz",
      description: "Answers 2xx while the target is well.",
    }),
    intervalMs: milliseconds("Between two checks of a target, ±20 %.", 5000),
    timeoutMs: milliseconds("For one check.", 2000),
    rise: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 2,
      description: "Successes until a target is well again.",
    }),
    fall: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 3,
      description: "Failures until a target is taken out.",
    }),
  },
  { ...strict, description: "Active checks of every target." },
);

export const Service = Type.Object(
  {
    discovery: Type.Object(
      {
        type: Type.Literal("static", { description: "The addresses stand in this file." }),
        targets: Type.Array(StaticTarget, { minItems: 1, maxItems: 1000 }),
      },
      strict,
    ),
    balancer: Type.Object(
      {
        type: Type.Union([Type.Literal("round-robin"), Type.Literal("least-in-flight")], {
          default: "round-robin",
        }),
      },
      { ...strict, default: {}, description: "Which target takes the next request." },
    ),
    timeouts: Timeouts,
    retry: Retry,
    health: Type.Optional(HealthCheck),
    connectionsMax: Type.Integer({
      minimum: 1,
      maximum: 65_535,
      default: 512,
      description: "Requests in flight to each target; more are refused with 503.",
    }),
  },
  { ...strict, description: "What requests are sent to." },
);

const headerName = "^[!#$%&'*+.^_`|~0-9a-z-]+$";

export const Match = Type.Object(
  {
    host: Type.Optional(
      Type.Array(Type.String({ pattern: "^(\\*\\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$" }), {
        minItems: 1,
        description: "Exact names or `*.example.com`, lower case, without port. Any host where absent.",
      }),
    ),
    path: Type.String({
      pattern: "^/",
      description: "`/a/b` exact, `/a/{id}` with parameters, `/a/*` for /a and all below.",
    }),
    methods: Type.Optional(
      Type.Array(Type.String({ pattern: "^[A-Z]+$" }), {
        minItems: 1,
        description: "Any method where absent.",
      }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String({ pattern: headerName }), Type.String(), {
        description: "Exact values by lower-case name.",
      }),
    ),
    query: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: "Exact values of query parameters." }),
    ),
  },
  { ...strict, description: "Which requests the route takes; the most specific route wins." },
);

/** A policy as it stands in a route: its type, and the fields of that type's own schema. */
export const PolicyEntry = Type.Object(
  { type: Type.String({ minLength: 1 }) },
  { additionalProperties: true },
);

export const Route = Type.Object(
  {
    id,
    match: Match,
    service: Type.Optional(Type.String({ description: "Absent where a policy answers, such as `respond`." })),
    path: Type.Object(
      {
        stripPrefix: Type.Optional(
          Type.String({ pattern: "^/.*[^/]$", description: "Taken off the front of the path." }),
        ),
        template: Type.Optional(
          Type.String({ pattern: "^/", description: "The whole path anew, with `{names}` of parameters." }),
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
    timeouts: Type.Optional(
      Type.Partial(Timeouts, { ...strict, default: undefined, description: "In place of the service's." }),
    ),
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
  description: "Words joined by colons; `carts:*` is all below carts, `*` is everything.",
});

export const Role = Type.Object(
  {
    permissions,
    inherits: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
      default: [],
      maxItems: 64,
      description: "Roles whose permissions it has too.",
    }),
  },
  strict,
);

export const ServerSettings = Type.Object(
  {
    trustedProxies: Type.Array(Type.String(), {
      default: [],
      maxItems: 1000,
      description: "CIDRs whose X-Forwarded-For is believed. Nobody's where empty.",
    }),
    via: Type.String({
      pattern: "^[A-Za-z0-9._-]{1,64}$",
      default: "cartway",
      description: "This gateway's name in Via.",
    }),
    accessLog: Type.Object(
      {
        sampleRatio: Type.Number({
          minimum: 0,
          maximum: 1,
          default: 0,
          description: "Share of requests that are logged.",
        }),
      },
      {
        ...strict,
        default: {},
        description: "One JSON line a request; errors of the gateway's own are always logged.",
      },
    ),
    healthDeadlineMs: milliseconds("For GET /health, however many services are asked.", 2000, 30_000),
  },
  { ...strict, default: {}, description: "The listener and what applies to every route." },
);

export const GatewayConfigSchema = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    version: Type.Literal(1, { description: "The version of this format." }),
    server: ServerSettings,
    identity: Type.Record(Type.String(), PolicyEntry, {
      default: {},
      description: "Named ways to know who is calling.",
    }),
    signIn: Type.Optional(signInSchema),
    roles: Type.Record(Type.String({ minLength: 1, maxLength: 128 }), Role, {
      default: authDefaults.roles,
      description: "What each role may do. Those of the product where absent.",
    }),
    services: Type.Record(Type.String(), Service, { default: {} }),
    routes: Type.Array(Route, { default: [], maxItems: 100_000 }),
    hub: Type.Optional(HubSchema),
  },
  { ...strict, $id: "https://cartway.dev/gateway.schema.json", title: "Cartway gateway configuration" },
);

export type GatewayConfig = Static<typeof GatewayConfigSchema>;
export type RouteConfig = Static<typeof Route>;
export type PolicyConfig = Static<typeof PolicyEntry>;
