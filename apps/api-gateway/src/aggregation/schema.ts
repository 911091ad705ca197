import { type Static, Type } from "@sinclair/typebox";

const strict = { additionalProperties: false } as const;

const Part = Type.Object(
  {
    service: Type.String({ minLength: 1, description: "The name of the service that answers it." }),
    path: Type.String({
      pattern: "^/[\\x21-\\x7e]*$",
      maxLength: 4096,
      examples: ["/items/{id}", "/reviews?item={id}&page={query.page}"],
      description:
        "Path and query to fetch, with `{names}` of path parameters and `{query.names}` of the request's query. A query pair is left out where the request does not have its parameter.",
    }),
    timeoutMs: Type.Integer({
      minimum: 1,
      maximum: 300_000,
      default: 5000,
      description: "For the whole answer, retries included. Milliseconds.",
    }),
    required: Type.Boolean({
      default: true,
      description: "Whether the request fails with this part; otherwise a failed part is null.",
    }),
    flatten: Type.Boolean({
      default: false,
      description:
        "Whether the fields of its answer (an object) are merged into the result in place of nesting under the part's name; the last one wins.",
    }),
    pick: Type.Optional(
      Type.Record(
        Type.String({ minLength: 1, maxLength: 256 }),
        Type.String({ pattern: "^(/.*)?$", maxLength: 1024 }),
        {
          minProperties: 1,
          maxProperties: 256,
          description:
            "The fields to keep: names in the result, and for each a JSON Pointer (RFC 6901) into the service's answer. Missing ones are left out. Everything where absent.",
        },
      ),
    ),
  },
  strict,
);

export const aggregateSchema = Type.Object(
  {
    parts: Type.Record(Type.String({ pattern: "^[a-zA-Z][a-zA-Z0-9_-]{0,63}$" }), Part, {
      ...strict,
      minProperties: 1,
      maxProperties: 16,
      description: "Each is fetched with GET, all in parallel, and must answer JSON.",
    }),
    bytesMax: Type.Integer({
      minimum: 1,
      maximum: 67_108_864,
      default: 4_194_304,
      description: "Of the services' answers together, in bytes; the part that goes beyond fails.",
    }),
  },
  { ...strict, description: "In place of `service`: one answer made of several services' answers." },
);

export type AggregateConfig = Static<typeof aggregateSchema>;
export type PartConfig = AggregateConfig["parts"][string];
