import { type Static, Type } from "@sinclair/typebox";

const jsonSchema = (of: string) =>
  Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: `JSON Schema (2020-12) of ${of}, or { file: PATH } of one, relative to the gateway's working directory.`,
    }),
  );

export const requestValidationSchema = Type.Object(
  {
    body: jsonSchema("the JSON body"),
    bodyRequired: Type.Boolean({
      default: true,
      description: "Whether a request without a body is refused, where there is a schema for one.",
    }),
    query: jsonSchema(
      "the query, as an object; numbers and booleans are read as such, repeated names as arrays",
    ),
    headers: jsonSchema("the headers, as an object by lower-case name"),
    params: jsonSchema("the path parameters, as an object"),
    openapi: Type.Optional(
      Type.Object(
        {
          file: Type.String({
            minLength: 1,
            maxLength: 4096,
            description:
              "OpenAPI 3.0 or 3.1 of the service, YAML or JSON, relative to the gateway's working directory.",
          }),
          basePath: Type.Optional(
            Type.String({
              pattern: "^(/[^/]+)*$",
              description:
                "Prefix of its paths as the service sees them; that of its first server where absent.",
            }),
          ),
          unknown: Type.Union([Type.Literal("refuse"), Type.Literal("pass")], {
            default: "refuse",
            description: "Whether requests that it does not describe are refused with 404 or 405, or pass.",
          }),
        },
        {
          additionalProperties: false,
          description: "In place of the schemas: each operation's own parameters and body.",
        },
      ),
    ),
    bodyBytesMax: Type.Integer({
      minimum: 1,
      maximum: 104_857_600,
      default: 1_048_576,
      description: "Largest body that is validated; a larger one is refused with 413.",
    }),
  },
  {
    additionalProperties: false,
    description: "Refuses requests that do not match their schema, and reports every problem.",
  },
);

export type RequestValidationConfig = Static<typeof requestValidationSchema>;
