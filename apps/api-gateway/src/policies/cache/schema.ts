import { type Static, Type } from "@sinclair/typebox";

const seconds = (description: string) =>
  Type.Integer({ minimum: 0, maximum: 31_536_000, default: 0, description: `${description} Seconds.` });

export const cacheSchema = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        pattern: "^[a-z0-9][a-z0-9_.-]{0,63}$",
        description:
          "Routes that name the same cache share it, and MUST set `store`, `storeTimeoutMs` and its bounds alike; each route has its own where absent.",
      }),
    ),
    store: Type.Union([Type.Literal("in-process"), Type.Literal("redis")], {
      default: "in-process",
      description: "Where answers are kept: in this process, or in Redis, for all instances.",
    }),
    bytesMax: Type.Integer({
      minimum: 65_536,
      maximum: 2 ** 40,
      default: 67_108_864,
      description: "Of all answers kept in this process; what was used longest ago goes first.",
    }),
    entriesMax: Type.Integer({
      minimum: 1,
      maximum: 10_000_000,
      default: 10_000,
      description: "Answers kept in this process.",
    }),
    entryBytesMax: Type.Integer({
      minimum: 1024,
      maximum: 1_073_741_824,
      default: 1_048_576,
      description: "Largest body that is kept, and that is read ahead of a slow client.",
    }),
    defaultTtlSeconds: seconds("For answers that do not say how long they are good; 0: they are not kept."),
    staleWhileRevalidateSeconds: seconds(
      "How long a stale answer may be given while a new one is fetched, where the answer does not say.",
    ),
    staleIfErrorSeconds: seconds(
      "How long a stale answer may be given in place of an error, where the answer does not say.",
    ),
    clientDirectives: Type.Boolean({
      default: true,
      description:
        "Whether the Cache-Control of requests counts. False: no client can make the service work.",
    }),
    storesSetCookie: Type.Boolean({
      default: false,
      description: "Whether answers that set cookies are kept, and their cookies given to everybody.",
    }),
    query: Type.Union(
      [
        Type.Literal("all"),
        Type.Literal("none"),
        Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 64 }),
      ],
      {
        default: "all",
        description: "What of the query tells answers apart: all, none, or these parameters.",
      },
    ),
    headers: Type.Array(Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9a-z-]+$", maxLength: 64 }), {
      default: [],
      maxItems: 16,
      description: "Request headers that tell answers apart, whether the answers' Vary names them or not.",
    }),
    waitMaxMs: Type.Integer({
      minimum: 0,
      maximum: 60_000,
      default: 5000,
      description: "Longest wait for another request that fetches the same; 0: none waits. Milliseconds.",
    }),
    storeTimeoutMs: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 100,
      description: "Longest wait for Redis; then the request goes on as if nothing were kept. Milliseconds.",
    }),
  },
  {
    additionalProperties: false,
    description: "Keeps answers as their service allows it (RFC 9111, shared cache) and gives them again.",
  },
);

export type CacheConfig = Static<typeof cacheSchema>;
