import { nameOfWord } from "../../model/identity/identity-word.ts";
import { parseJson, readBody } from "@libs/elysia-server";
import { CartwayError, firstOfEachPath } from "@libs/errors";
import { parseChannel } from "@libs/messaging";
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { type ConnectionTarget, controlAnywhere } from "../control.ts";
import type { HubContext } from "../hub-context.ts";
import type { SelectedIdentities } from "../hub-deps.ts";
import type { servicePaths } from "../hub-paths.ts";
import type { HubCall } from "./present-credentials.ts";
import { requireScope } from "./require-scope.ts";

const strict = { additionalProperties: false } as const;
const bodyBytesMax = 4096;
const channel = Type.String({ maxLength: 256, description: "room:NAME, user:ID, device:ID or customer:ID" });

export const HistoryQuestion = Type.Object(
  {
    channel,
    since: Type.Optional(
      Type.Object(
        { epoch: Type.String({ maxLength: 64 }), offset: Type.Integer({ minimum: 0 }) },
        {
          ...strict,
          description: "Everything after it is given; where the channel stands alone without it.",
        },
      ),
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: "A longer gap is not given; 100 by default." }),
    ),
  },
  { ...strict, title: "HistoryQuestion" },
);
export const PresenceQuestion = Type.Object(
  {
    channel,
    limit: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1000, description: "Members that are named; 1,000 by default." }),
    ),
  },
  { ...strict, title: "PresenceQuestion" },
);
export const DisconnectQuestion = Type.Object(
  {
    channel: Type.String({
      maxLength: 256,
      description: "user:ID, on whichever endpoint; device:ID or customer:ID, those whose own channel it is.",
    }),
  },
  { ...strict, title: "DisconnectQuestion" },
);

interface Question {
  readonly scope: "hub:read" | "hub:disconnect";
  /** Reads the body and answers it. @throws CartwayError `validation_failed`, `bad_request`, `store_unavailable` */
  readonly answer: (hub: HubContext, body: unknown) => Promise<object>;
}

/** @throws CartwayError `validation_failed` from its iteration */
function reader<S extends TSchema>(schema: S): (body: unknown) => Static<S> {
  const check = TypeCompiler.Compile(schema);
  return (body) => {
    if (check.Check(body)) return body;
    throw new CartwayError("validation_failed", { details: firstOfEachPath(check.Errors(body), 10) });
  };
}

const readHistory = reader(HistoryQuestion);
const readPresence = reader(PresenceQuestion);
const readDisconnect = reader(DisconnectQuestion);

const questions: Readonly<Record<(typeof servicePaths)[number], Question>> = {
  "/hub/history": {
    scope: "hub:read",
    async answer(hub, body) {
      const { channel: name, since = null, limit = 100 } = readHistory(body);
      parseChannel(name);
      const { position, complete, publications } = await hub.broker.history(name, since, limit);
      const frames = publications.map(({ offset, text }): unknown => ({ ...JSON.parse(text), offset }));
      return { position, complete, frames };
    },
  },
  "/hub/presence": {
    scope: "hub:read",
    async answer(hub, body) {
      const { channel: name, limit = 1000 } = readPresence(body);
      parseChannel(name);
      return await hub.broker.presence.list(name, limit);
    },
  },
  "/hub/disconnect": {
    scope: "hub:disconnect",
    async answer(hub, body) {
      const { channel: whole } = readDisconnect(body);
      const { kind, name } = parseChannel(whole);
      if (kind === "room")
        throw new CartwayError("bad_request", { message: "A personal channel is not a room." });
      const target: ConnectionTarget =
        kind === "user" ? { by: "user", id: nameOfWord(name) } : { by: "channel", id: whole };
      const reach = await controlAnywhere(hub, { act: "close", target, reason: "revoked" });
      if (reach === "local") throw new CartwayError("store_unavailable");
      return {};
    },
  },
};

export function isServicePath(path: string): path is (typeof servicePaths)[number] {
  return Object.hasOwn(questions, path);
}

/**
 * The queries and commands of services about channels and connections, for identities of `hub.publish.with` that have the query's scope.
 */
export async function answerService(
  hub: HubContext,
  call: HubCall,
  { path, identities }: { path: (typeof servicePaths)[number]; identities: SelectedIdentities | null },
): Promise<Response> {
  if (identities === null) throw new CartwayError("not_found");
  const { request } = call;
  if (request.method !== "POST") throw new CartwayError("method_not_allowed", { headers: { allow: "POST" } });
  const { scope, answer } = questions[path];
  await requireScope(hub, call, { identities, scope });
  return Response.json(await answer(hub, parseJson(await readBody(request, bodyBytesMax))));
}
