import { Type } from "@sinclair/typebox";

const strict = { additionalProperties: false } as const;

const textBytesMax = 1024;

const headerName = "^[!#$%&'*+.^_`|~0-9a-z-]+$";
const cookieName = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";

const ValueMatchSchema = Type.Union([
  Type.String({ maxLength: 16_384 }),
  Type.Object(
    {
      prefix: Type.Optional(
        Type.String({ minLength: 1, maxLength: textBytesMax, description: "The beginning of the value." }),
      ),
      glob: Type.Optional(
        Type.String({
          pattern: "\\*",
          maxLength: textBytesMax,
          description: "The whole value, with `*` for any text, also none.",
        }),
      ),
      present: Type.Optional(
        Type.Boolean({ description: "Whether it must be present, with any value, or absent." }),
      ),
    },
    strict,
  ),
]);

/** The common description of conditions on values. */
const forms = "A text is the exact value; else one of `prefix`, `glob` and `present`";

export const matchSchema = Type.Object(
  {
    host: Type.Optional(
      Type.Array(
        Type.String({
          pattern: "^(\\*\\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
          examples: ["shop.example.com", "*.example.com"],
        }),
        {
          minItems: 1,
          description: "Exact names or `*.example.com`, lower case, without port. Any host where absent.",
        },
      ),
    ),
    path: Type.String({
      pattern: "^/",
      examples: ["/shop", "/shop/{id}", "/shop/*"],
      description: "`/a/b` exact, `/a/{id}` with parameters, `/a/*` for /a and everything below.",
    }),
    methods: Type.Optional(
      Type.Array(Type.String({ pattern: "^[A-Z]+$" }), {
        minItems: 1,
        description: "Any method where absent.",
      }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String({ pattern: headerName }), ValueMatchSchema, {
        ...strict,
        description: `Headers by lower-case name. ${forms}.`,
      }),
    ),
    cookies: Type.Optional(
      Type.Record(Type.String({ pattern: cookieName }), ValueMatchSchema, {
        ...strict,
        description: `Cookies by name, case-sensitive. ${forms}, as for headers.`,
      }),
    ),
    query: Type.Optional(
      Type.Record(Type.String(), ValueMatchSchema, {
        description: `Query parameters by name, decoded. ${forms}, as for headers.`,
      }),
    ),
  },
  {
    ...strict,
    examples: [{ path: "/shop/*" }],
    description: "Which requests the route takes; the most specific route wins.",
  },
);
