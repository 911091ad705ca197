import { type Static, Type } from "@sinclair/typebox";

/** Maximum of one page, in characters or bytes: it is held in memory and sent whole. */
export const pageBytesMax = 262_144;

const page = Type.Object(
  {
    file: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4096,
        description: "A file of at most 262,144 bytes, relative to the gateway's working directory.",
      }),
    ),
    text: Type.Optional(Type.String({ maxLength: pageBytesMax, description: "The page itself." })),
  },
  { additionalProperties: false },
);

const fields = {
  html: Type.Record(Type.String({ pattern: "^([45][0-9]{2}|4xx|5xx|any)$" }), page, {
    additionalProperties: false,
    minProperties: 1,
    description:
      "Pages by status, such as `404`, by kind of status (`4xx`, `5xx`), or for `any`; the most specific one is used. Each is a `file` or a `text`, in which `{error.status}`, `{error.code}`, `{error.message}` and `{error.requestId}` are filled in.",
  }),
  serviceErrors: Type.Boolean({
    default: false,
    description:
      "Whether a service's own responses of 500 and above are replaced, too, for all callers, so that its stack traces stay internal.",
  }),
} as const;

const description =
  "What callers get who would rather read HTML where the gateway refuses or fails; all others get the JSON envelope.";

export const errorPagesSchema = Type.Object(fields, { additionalProperties: false, description });

/** The same for the whole gateway. */
export const gatewayErrorPagesSchema = Type.Object(fields, {
  additionalProperties: false,
  description: `${description} For every route without an \`error-pages\` policy of its own, and where no route matches.`,
});

export type ErrorPagesConfig = Static<typeof errorPagesSchema>;
