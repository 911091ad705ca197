import { type TSchema, t } from "elysia";

/** The envelope of every error, as a named type of the API document. */
const problem = t.Object(
  {
    error: t.Object({
      code: t.String({ description: "One of the table of codes." }),
      message: t.String(),
      details: t.Optional(t.Unknown()),
      requestId: t.String({ description: "Also in `x-request-id`, and in the log." }),
    }),
  },
  { title: "Problem", description: "The envelope of every error." },
);

/** The meaning of each status, and its most common error code. */
const refusals = {
  400: ["It cannot be read as JSON", "bad_request"],
  404: ["There is no such thing", "not_found"],
  413: ["The body is larger than it may be", "payload_too_large"],
  422: ["The input does not match its schema", "validation_failed"],
  502: ["No provider could answer", "provider_unavailable"],
  503: ["What it needs is away, or there is too much at once: again later", "store_unavailable"],
} as const;

/** The successful answer of a route; a schema's title becomes the name of its type. */
export interface DescribedAnswer {
  readonly description: string;
  readonly schema: TSchema;
  readonly example: unknown;
  /** Other media types it is available as, each with a description. */
  readonly also?: Readonly<Record<string, string>>;
}

/**
 * All answers of a route, for the `responses` of its `detail`. Documentation only: nothing is validated at runtime. Every error has the
 * common envelope, and an example.
 */
export function describedAnswers(
  { description, schema, example, also = {} }: DescribedAnswer,
  ...statuses: readonly (keyof typeof refusals)[]
) {
  const texts = Object.entries(also).map(([type, text]) => [
    type,
    { schema: { type: "string" as const }, example: text },
  ]);
  const refused = statuses.map((status) => {
    const [meaning, code] = refusals[status];
    const error = { code, message: `${meaning}.`, requestId: "019a0000-0000-7000-8000-000000000000" };
    const content = { "application/json": { schema: problem, example: { error } } };
    return [String(status), { description: meaning, content }];
  });
  return {
    200: {
      description,
      content: { "application/json": { schema, example } },
      ...(texts.length === 0 ? {} : { "x-also-as": Object.fromEntries(texts) }),
    },
    ...Object.fromEntries(refused),
  };
}
