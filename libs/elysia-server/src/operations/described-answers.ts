import { type TSchema, t } from "elysia";

/** The envelope of every error: one named type of each app's document. */
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

/** What a status means, and the code that it comes with most of the time. */
const refusals = {
  400: ["It cannot be read as JSON", "bad_request"],
  404: ["There is no such thing", "not_found"],
  413: ["The body is larger than it may be", "payload_too_large"],
  422: ["The input does not match its schema", "validation_failed"],
  502: ["No provider could answer", "provider_unavailable"],
  503: ["What it needs is away, or there is too much at once: again later", "store_unavailable"],
} as const;

/** The good answer of a route: a title is the name of its type. */
export interface DescribedAnswer {
  readonly description: string;
  readonly schema: TSchema;
  readonly example: unknown;
  /** Other types that it also comes as, with a text of each. */
  readonly also?: Readonly<Record<string, string>>;
}

/**
 * All that a route answers, for the `responses` of its `detail`: it is described by them and costs nothing when it is answered. Every
 * refusal has the one envelope, and an example.
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
