import { CartwayError, firstOfEachPath, type InputIssue } from "@libs/errors";
import { type Static, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";

const strict = { additionalProperties: false } as const;

/** The body of `POST /hub/publish`, also for its OpenAPI description. */
export const PublicationSchema = Type.Object(
  {
    channel: Type.String({ maxLength: 256, description: "room:NAME, user:ID, device:ID or customer:ID" }),
    frame: Type.Object(
      {
        type: Type.String({ minLength: 1, maxLength: 128 }),
        payload: Type.Optional(Type.Unknown()),
        id: Type.Optional(
          Type.String({
            maxLength: 128,
            description: "The same id again within five minutes is not delivered a second time.",
          }),
        ),
        timestamp: Type.Optional(Type.Union([Type.Number(), Type.String({ maxLength: 64 })])),
      },
      strict,
    ),
    history: Type.Optional(
      Type.Union(
        [
          Type.Object(
            {
              sizeMax: Type.Integer({ minimum: 1, maximum: 10_000 }),
              ttlMs: Type.Integer({ minimum: 1, maximum: 86_400_000 }),
            },
            strict,
          ),
          Type.Null(),
        ],
        { description: "How the frame is stored for clients that reconnect; null stores nothing." },
      ),
    ),
  },
  { ...strict, title: "Publication" },
);

/** The maximum per call. */
export const publicationsMax = 1000;

export type Publication = Static<typeof PublicationSchema>;

const check = TypeCompiler.Compile(PublicationSchema);
const issuesMax = 10;

/** @throws CartwayError `validation_failed` with the path of every issue */
export function readPublication(body: unknown): Publication {
  if (check.Check(body)) return body;
  throw new CartwayError("validation_failed", { details: firstOfEachPath(issuesOf(body), issuesMax) });
}

function* issuesOf(body: unknown): Generator<InputIssue> {
  for (const issue of check.Errors(body)) {
    // of the union of `history`: only the issues of its object form are reported
    const [within] = issue.errors;
    if (within === undefined) yield issue;
    else yield* within;
  }
}
