import { parseJson, readBody } from "@libs/elysia-server";
import { CartwayError, firstOfEachPath, type InputIssue, toCartwayError } from "@libs/errors";
import { createBrokerPublisher, type Frame, type Publisher, type PublisherReceipt } from "@libs/messaging";
import { type Static, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import type { Authenticator } from "../../identity/create-identities.ts";
import type { HubContext } from "../hub-context.ts";
import { RefusedAttempt } from "../refused-attempt.ts";
import { type HubCall, presentCredentials } from "./present-credentials.ts";
import { requireCaller } from "./require-caller.ts";

const strict = { additionalProperties: false } as const;

const PublishBody = Type.Object(
  {
    channel: Type.String({ maxLength: 256 }),
    frame: Type.Object(
      {
        type: Type.String({ minLength: 1, maxLength: 128 }),
        payload: Type.Optional(Type.Unknown()),
        id: Type.Optional(Type.String({ maxLength: 128 })),
        timestamp: Type.Optional(Type.Union([Type.Number(), Type.String({ maxLength: 64 })])),
      },
      strict,
    ),
    history: Type.Optional(
      Type.Union([
        Type.Object(
          {
            sizeMax: Type.Integer({ minimum: 1, maximum: 10_000 }),
            ttlMs: Type.Integer({ minimum: 1, maximum: 86_400_000 }),
          },
          strict,
        ),
        Type.Null(),
      ]),
    ),
  },
  strict,
);

const check = TypeCompiler.Compile(PublishBody);
const issuesMax = 10;
const bodyBytesMax = 524_288;
const publicationsMax = 1000;

/**
 * `POST /hub/publish`: `{ channel, frame, history? }` → `{ id, position }`. The same frame id again publishes nothing. An array of
 * them, published in its order, is answered by an array: for each `{ id, position }`, or the `{ error }` that it alone has.
 */
export async function publishOverHttp(
  hub: HubContext,
  call: HubCall,
  authenticate: Authenticator | null,
): Promise<Response> {
  if (authenticate === null) throw new CartwayError("not_found");
  const { request } = call;
  if (request.method !== "POST") throw new CartwayError("method_not_allowed", { headers: { allow: "POST" } });
  await authorize(hub, call, authenticate);
  const publisher = createBrokerPublisher(hub.broker);
  const body = parseJson(await readBody(request, bodyBytesMax));
  if (!Array.isArray(body)) return Response.json(await publishOne(publisher, body));
  if (body.length > publicationsMax) {
    const message = `Expected at most ${publicationsMax} publications, found ${body.length}.`;
    throw new CartwayError("payload_too_large", { message });
  }
  // begun in their order, which a broker keeps
  return Response.json(
    await Promise.all(body.map((one: unknown) => publishOne(publisher, one).catch(describeError))),
  );
}

async function publishOne(publisher: Publisher, body: unknown): Promise<PublisherReceipt> {
  const checked = readPublishBody(body);
  const { channel, history } = checked;
  return await publisher.publish(channel, frameOf(checked), history === undefined ? {} : { history });
}

function describeError(thrown: unknown): object {
  const { code, message, retryable, details } = toCartwayError(thrown);
  return { error: { code, message, retryable, ...(details === undefined ? {} : { details }) } };
}

async function authorize(hub: HubContext, call: HubCall, authenticate: Authenticator): Promise<void> {
  const { scopes, roles } = requireCaller(await authenticate(presentCredentials(call)));
  const { scope } = hub.config().publish;
  if (!scopes.includes(scope) && !roles.includes(scope) && !hub.permits(roles, scope)) {
    throw new RefusedAttempt(
      "forbidden",
      { kind: "access_denied", reason: "missing_scope" },
      {
        message: `Publishing needs the scope, role or permission ${scope}.`,
      },
    );
  }
}

/** @throws CartwayError `validation_failed` with every place that does not fit */
function readPublishBody(body: unknown): Static<typeof PublishBody> {
  if (check.Check(body)) return body;
  throw new CartwayError("validation_failed", { details: firstOfEachPath(issuesOf(body), issuesMax) });
}

function* issuesOf(body: unknown): Generator<InputIssue> {
  for (const issue of check.Errors(body)) {
    // of `history`: an object is meant, and what is wrong with it is told
    const [within] = issue.errors;
    if (within === undefined) yield issue;
    else yield* within;
  }
}

function frameOf({ frame }: Static<typeof PublishBody>): Frame {
  const { type, payload, id, timestamp } = frame;
  return {
    type,
    payload,
    ...(id === undefined ? {} : { id }),
    ...(timestamp === undefined ? {} : { timestamp }),
  };
}
