import { type Static, Type } from "@sinclair/typebox";

const strict = { additionalProperties: false } as const;
const header = Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9a-z-]+$" });
/** What a header can hold: a line break would be the end of it. */
const headerText = Type.String({ pattern: "^[\\t\\x20-\\x7e\\x80-\\xff]*$", maxLength: 8192 });
const parameter = Type.String({ minLength: 1, maxLength: 256 });
const pointer = Type.String({ pattern: "^(/([^~/]|~[01])+)+$", maxLength: 1024 });
const values =
  "Values may hold `{param.NAME}`, `{claim.NAME}` (also a JSON Pointer), and `{request.NAME}` of id, method, path, host and ip";

const headerFields = {
  remove: Type.Array(header, { default: [], maxItems: 100, description: "Headers to remove." }),
  set: Type.Record(header, headerText, { ...strict, default: {}, description: `Replaces. ${values}.` }),
  add: Type.Record(header, headerText, {
    ...strict,
    default: {},
    description: "Adds to existing values.",
  }),
} as const;

const query = Type.Object(
  {
    remove: Type.Array(parameter, {
      default: [],
      maxItems: 100,
      description: "Parameters to remove.",
    }),
    rename: Type.Record(parameter, parameter, { default: {}, description: "New names by old ones." }),
    set: Type.Record(parameter, Type.String(), { default: {}, description: `Replaces. ${values}.` }),
  },
  { ...strict, description: "The query that the service gets: remove, then rename, then set." },
);

const body = Type.Object(
  {
    remove: Type.Array(pointer, {
      default: [],
      maxItems: 100,
      description: "JSON Pointers (RFC 6901) of the values to remove.",
    }),
    rename: Type.Record(pointer, pointer, {
      ...strict,
      default: {},
      description: "New JSON Pointers by old ones.",
    }),
    set: Type.Record(pointer, Type.Unknown(), {
      ...strict,
      default: {},
      description: `Sets values by JSON Pointer, creating the objects around them. ${values}; a value that is nothing but one placeholder keeps its type.`,
    }),
  },
  { ...strict, description: "A JSON body: remove, then rename, then set." },
);

export const transformSchema = Type.Object(
  {
    request: Type.Object(
      { ...headerFields, query: Type.Optional(query), body: Type.Optional(body) },
      { ...strict, default: {}, description: "What the service gets: remove, then set, then add." },
    ),
    response: Type.Object(
      { ...headerFields, body: Type.Optional(body) },
      { ...strict, default: {}, description: "What the client gets: remove, then set, then add." },
    ),
    bodyBytesMax: Type.Integer({
      minimum: 1,
      maximum: 104_857_600,
      default: 1_048_576,
      description:
        "Largest body that is transformed; a larger request is refused with 413, a larger answer with 502.",
    }),
  },
  {
    additionalProperties: false,
    description: "Changes headers, query and JSON bodies on their way in and out.",
  },
);

export type TransformConfig = Static<typeof transformSchema>;
export type HeaderChangesConfig = Pick<TransformConfig["request"], "remove" | "set" | "add">;
export type QueryChangesConfig = NonNullable<TransformConfig["request"]["query"]>;
export type BodyChangesConfig = NonNullable<TransformConfig["request"]["body"]>;
