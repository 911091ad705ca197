import { parseJson, readBody } from "@libs/elysia-server";
import { CartwayError, toCartwayError } from "@libs/errors";
import { createBrokerPublisher, type Publisher, type PublisherReceipt } from "@libs/messaging";
import type { HubContext } from "../hub-context.ts";
import type { SelectedIdentities } from "../hub-deps.ts";
import type { HubCall } from "./present-credentials.ts";
import { publicationsMax, readPublication } from "./publication.ts";
import { requireScope } from "./require-scope.ts";

const bodyBytesMax = 524_288;

/**
 * `POST /hub/publish`: `{ channel, frame, history? }` → `{ id, position }`. A repeated frame id is not published again. An array is
 * published in order and answered with an array: `{ id, position }` or `{ error }` for each.
 */
export async function publishOverHttp(
  hub: HubContext,
  call: HubCall,
  identities: SelectedIdentities | null,
): Promise<Response> {
  if (identities === null) throw new CartwayError("not_found");
  const { request } = call;
  if (request.method !== "POST") throw new CartwayError("method_not_allowed", { headers: { allow: "POST" } });
  await requireScope(hub, call, { identities, scope: hub.config().publish.scope });
  const publisher = createBrokerPublisher(hub.broker);
  const body = parseJson(await readBody(request, bodyBytesMax));
  if (!Array.isArray(body)) return Response.json(await publishOne(publisher, body));
  if (body.length > publicationsMax) {
    const message = `Expected at most ${publicationsMax} publications, found ${body.length}.`;
    throw new CartwayError("payload_too_large", { message });
  }
  // started in order, which the broker preserves
  return Response.json(
    await Promise.all(body.map((one: unknown) => publishOne(publisher, one).catch(describeError))),
  );
}

async function publishOne(publisher: Publisher, body: unknown): Promise<PublisherReceipt> {
  const { channel, frame, ...options } = readPublication(body);
  return await publisher.publish(channel, frame, options);
}

function describeError(thrown: unknown): object {
  const { code, message, retryable, details } = toCartwayError(thrown);
  return { error: { code, message, retryable, ...(details === undefined ? {} : { details }) } };
}
