import { type Static, Type } from "@sinclair/typebox";

const seconds = (description: string) =>
  Type.Integer({ minimum: 0, maximum: 31_536_000, default: 0, description: `${description} Seconds.` });

export const cacheSchema = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        pattern: "^[a-z0-9][a-z0-9_.-]{0,63}$",
        description:
          "Routes with the same name share one cache, and MUST set `store`, `storeTimeoutMs` and its bounds alike; a cache of the route's own where absent.",
      }),
    ),
    store: Type.Union([Type.Literal("in-process"), Type.Literal("redis")], {
      default: "in-process",
      description: "Where answers are cached: in this process, or in Redis for all instances.",
    }),
    bytesMax: Type.Integer({
      minimum: 65_536,
      maximum: 2 ** 40,
      default: 67_108_864,
      description: "Bytes of all answers kept in this process; the least recently used go first.",
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
      description: "Largest body that is cached, and that is read ahead of a slow client.",
    }),
    defaultTtlSeconds: seconds("Lifetime of answers that do not state one; 0 does not cache them."),
    staleWhileRevalidateSeconds: seconds(
      "How long a stale answer is served while a new one is fetched, where the answer does not state it.",
    ),
    staleIfErrorSeconds: seconds(
      "How long a stale answer is served in place of an error, where the answer does not state it.",
    ),
    clientDirectives: Type.Boolean({
      default: true,
      description:
        "Whether the Cache-Control of requests is honoured. With false, no client can force requests to the service.",
    }),
    storesSetCookie: Type.Boolean({
      default: false,
      description: "Whether answers that set cookies are cached, so that everybody gets their cookies.",
    }),
    query: Type.Union(
      [
        Type.Literal("all"),
        Type.Literal("none"),
        Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 64 }),
      ],
      {
        default: "all",
        description: "Query parameters in the cache key: all, none, or these.",
      },
    ),
    headers: Type.Array(Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9a-z-]+$", maxLength: 64 }), {
      default: [],
      maxItems: 16,
      description: "Request headers in the cache key, whether or not Vary names them.",
    }),
    waitMaxMs: Type.Integer({
      minimum: 0,
      maximum: 60_000,
      default: 5000,
      description:
        "Longest wait for another request that fetches the same answer; 0 for no waiting. Milliseconds.",
    }),
    storeTimeoutMs: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 100,
      description: "Longest wait for Redis; then the request proceeds as a cache miss. Milliseconds.",
    }),
  },
  {
    additionalProperties: false,
    description: "Keeps answers as their service allows it (RFC 9111, shared cache) and gives them again.",
  },
);

export type CacheConfig = Static<typeof cacheSchema>;
