import { type Static, Type } from "@sinclair/typebox";
import { frameLimitSchema } from "../../policies/rate-limit/schema.ts";
import { RoomRuleSchema } from "./room-rule-schema.ts";
import { ServicePath } from "./service-path.ts";

const strict = { additionalProperties: false } as const;

const milliseconds = (description: string, defaultMs: number, minimum = 1, maximum = 86_400_000) =>
  Type.Integer({ minimum, maximum, default: defaultMs, description: `${description} Milliseconds.` });
const count = (description: string, defaultCount: number, minimum = 1, maximum = 10_000_000) =>
  Type.Integer({ minimum, maximum, default: defaultCount, description });

const Rate = Type.Object(
  {
    perSec: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1e6,
      description: "Frames a second in the long run.",
    }),
    burst: Type.Integer({ minimum: 1, maximum: 1e6, description: "Frames at once." }),
  },
  { ...strict, description: "Per connection; frames beyond it are refused with `rate_limited`." },
);

const MessageSchema = Type.Object(
  {
    ...ServicePath,
    ack: Type.Union([Type.Literal("durable"), Type.Literal("received"), Type.Literal("none")], {
      default: "durable",
      description:
        "durable: once the service has confirmed it; received: once the hub has it in memory; none: no ack, errors only.",
    }),
    reply: Type.Optional(
      Type.String({
        pattern: "^[a-z][a-z0-9_]{0,63}$",
        description: "Type of the frame that carries the service's answer.",
      }),
    ),
    batch: Type.Optional(
      Type.Object(
        {
          max: count("Frames in one call at most.", 500, 1, 1000),
          waitMs: Type.Integer({
            minimum: 0,
            maximum: 1000,
            default: 3,
            description: "How long the first frame waits for others.",
          }),
          concurrencyMax: count("Calls at once; while all are busy the next batches grow.", 4, 1, 64),
        },
        {
          ...strict,
          description:
            "Frames of all connections go to the service as one array; with `reply` it answers each of them.",
        },
      ),
    ),
    schema: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description:
          "JSON Schema of the payload: type, properties, required, additionalProperties, items, enum, const, anyOf and bounds.",
      }),
    ),
    fill: Type.Optional(
      Type.Array(Type.Union([Type.Literal("id"), Type.Literal("sessionId")]), {
        description:
          "Fields of the frame that the payload gets where it has none. Both by default, none with `reply`.",
      }),
    ),
    userIdField: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description:
          "Payload field that the hub sets to the authenticated user's id, and removes for anonymous callers.",
      }),
    ),
    callerField: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description:
          "Payload field that the hub sets to who sent the frame, for a service that gets the frames of several callers in one call: `{ userId, authMethod, roles, scopes, tenantId, sessionId }`, null for an anonymous caller.",
      }),
    ),
    rate: Type.Optional(Rate),
    bytesMax: Type.Optional(count("Bytes of one frame of this type.", 65_536, 16, 1_048_576)),
    timeoutMs: milliseconds("For one call of the service.", 10_000, 10, 120_000),
  },
  { ...strict, description: "Where a message type is sent and how it is acknowledged." },
);

const EndpointSchema = Type.Object(
  {
    path: Type.String({ pattern: "^/[^\\s?#{}]*$", description: "Where clients connect." }),
    authenticate: Type.Object(
      {
        with: Type.Array(Type.String({ minLength: 1 }), {
          default: [],
          description: "Names under `identity`, tried in this order.",
        }),
        anonymous: Type.Boolean({
          default: false,
          description: "Callers without credentials may connect too.",
        }),
      },
      {
        ...strict,
        default: {},
        description:
          "Who may connect. A wrong credential is refused even where anonymous callers are allowed.",
      },
    ),
    origins: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
      default: [],
      description:
        "Origins of pages that may connect, besides the gateway's own: https://shop.example, or * for any.",
    }),
    personal: Type.Union(
      [Type.Literal("user"), Type.Literal("device"), Type.Literal("customer"), Type.Literal("none")],
      {
        default: "user",
        description:
          "Channel of an authenticated connection that services publish to: user:<id>, device:<id>, customer:<id>.",
      },
    ),
    messages: Type.Record(Type.String({ pattern: "^[a-z][a-z0-9_.]{0,63}$" }), MessageSchema, {
      ...strict,
      default: {},
      description: "What clients may send, by the type of the frame. Others are refused.",
    }),
    rooms: Type.Optional(
      Type.Union([RoomRuleSchema, Type.Array(RoomRuleSchema, { maxItems: 100 })], {
        description: "One rule or several; the first whose pattern fits decides.",
      }),
    ),
    rate: Type.Optional(Rate),
    frameLimit: Type.Optional(frameLimitSchema),
    roomsMax: count("Rooms one connection may be in.", 128, 0, 10_000),
  },
  { ...strict, description: "A path that clients connect to." },
);

const LimitsSchema = Type.Object(
  {
    maxConnections: count("Of this instance; more are answered 503 with Retry-After.", 100_000),
    connectionsPerIp: count("From one address; more are answered 429.", 10_000),
    connectionsPerUser: count("Of one authenticated user; more are answered 429.", 100),
    frameBytesMax: count(
      "Of a frame from a client; a longer one closes with 1009. A larger value waits for the next start.",
      65_536,
      256,
      1_048_576,
    ),
    depthMax: count("Objects and arrays within one another in a payload.", 16, 1, 64),
    pendingMax: count(
      "Unanswered frames of one connection; beyond it the hub stops reading from it.",
      1000,
      1,
      100_000,
    ),
    pendingBytesMax: count(
      "Bytes of one connection's unanswered frames; beyond it the hub stops reading from it.",
      4_194_304,
      65_536,
      268_435_456,
    ),
    inFlightMax: count(
      "Unanswered frames of all connections; beyond it frames are refused with `overloaded`.",
      50_000,
    ),
    inFlightBytesMax: count(
      "Bytes of all connections' unanswered frames; beyond it frames are refused with `overloaded`.",
      268_435_456,
      1_048_576,
      17_179_869_184,
    ),
    queueBytesMax: count(
      "Bytes that may wait for one client to read them. A larger value waits for the next start.",
      1_048_576,
      4096,
      67_108_864,
    ),
    slowConsumer: Type.Union([Type.Literal("close"), Type.Literal("latest")], {
      default: "close",
      description:
        "Beyond it: close with 3008, or keep only the latest frame of each room until the client has read.",
    }),
    framesPerSec: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1e6,
      default: 2000,
      description: "Per connection, all types.",
    }),
    framesBurst: count("Frames of one connection at once.", 4000, 1, 1_000_000),
    refusedMax: count(
      "Frames refused for their rate before the connection is closed with 3013; forgiven as the rate allows.",
      1000,
    ),
    badFramesMax: count("Frames that are not valid before the connection is closed with 3501.", 10, 1, 1000),
    idleMs: milliseconds(
      "Without a byte or a pong from the client before it counts as gone. Another value waits for the next start.",
      60_000,
      8000,
      900_000,
    ),
    heartbeatMs: milliseconds(
      "Told to clients: how long to hear nothing before asking.",
      25_000,
      1000,
      600_000,
    ),
    lifetimeMs: Type.Integer({
      minimum: 0,
      maximum: 604_800_000,
      default: 0,
      description: "Greatest age of a connection; 0 for none. Milliseconds.",
    }),
    retryAfterSeconds: count("In answers to refused upgrades.", 5, 1, 3600),
  },
  { ...strict, default: {}, description: "What bounds the hub of one instance." },
);

export const HubSchema = Type.Object(
  {
    endpoints: Type.Array(EndpointSchema, {
      default: [],
      maxItems: 100,
      description: "The paths that clients connect to.",
    }),
    limits: LimitsSchema,
    sessions: Type.Optional(
      Type.Object(
        {
          leaseMs: milliseconds("After this without any connection a session has left.", 60_000, 1000),
          left: Type.Object(ServicePath, {
            ...strict,
            description: "Gets `session_left` events as an array, each exactly once by its id.",
          }),
        },
        {
          ...strict,
          description: "Tells a service when sessions end: by lease, not by a socket that closed.",
        },
      ),
    ),
    drain: Type.Object(
      {
        spreadMs: milliseconds(
          "Over which connections are closed, and clients told to come back.",
          5000,
          0,
          300_000,
        ),
        answerMs: milliseconds("How long unanswered frames are waited for before that.", 5000, 0, 60_000),
      },
      { ...strict, default: {}, description: "How the hub goes away." },
    ),
    publish: Type.Object(
      {
        with: Type.Array(Type.String({ minLength: 1 }), {
          default: [],
          description: "Identities that may POST /hub/publish; none: it is not offered.",
        }),
        scope: Type.String({
          minLength: 1,
          default: "hub:publish",
          description: "Scope, role, or permission of a role, that the caller must have.",
        }),
      },
      { ...strict, default: {}, description: "Publishing by services over HTTP." },
    ),
  },
  { ...strict, description: "The WebSocket hub." },
);

export type HubConfig = Static<typeof HubSchema>;
export type EndpointConfig = Static<typeof EndpointSchema>;
export type MessageConfig = Static<typeof MessageSchema>;
export type HubLimits = Static<typeof LimitsSchema>;
