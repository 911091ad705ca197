import { type Static, Type } from "@sinclair/typebox";

const strict = { additionalProperties: false } as const;

const Part = Type.Object(
  {
    service: Type.String({ minLength: 1, description: "The name of the service that is asked." }),
    path: Type.String({
      pattern: "^/[\\x21-\\x7e]*$",
      maxLength: 4096,
      examples: ["/items/{id}", "/reviews?item={id}&page={query.page}"],
      description:
        "What it is asked for, with `{names}` of path parameters and `{query.names}` of the request's own. A pair of the query whose parameter the request does not have is left out.",
    }),
    timeoutMs: Type.Integer({
      minimum: 1,
      maximum: 300_000,
      default: 5000,
      description: "For the whole answer, retries included. Milliseconds.",
    }),
    required: Type.Boolean({
      default: true,
      description: "Whether the request fails with this part; else the part is null where it fails.",
    }),
    flatten: Type.Boolean({
      default: false,
      description:
        "Whether the fields of its answer, an object, stand beside the parts and not below the part's name. Of fields of one name the last counts.",
    }),
    pick: Type.Optional(
      Type.Record(
        Type.String({ minLength: 1, maxLength: 256 }),
        Type.String({ pattern: "^(/.*)?$", maxLength: 1024 }),
        {
          minProperties: 1,
          maxProperties: 256,
          description:
            "The fields that are kept, by their names in the answer: where each stands in the service's, as a JSON Pointer (RFC 6901). What is not there is left out. Everything where absent.",
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
      description: "Each is asked for with GET, all at the same time, and answers JSON.",
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
