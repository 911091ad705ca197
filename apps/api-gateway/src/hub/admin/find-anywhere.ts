import type { PublicationListener } from "@libs/messaging";
import type { HubContext } from "../hub-context.ts";
import type { ConnectionInfo } from "./describe-connection.ts";
import { type ConnectionPage, type ConnectionQuery, findConnections } from "./find-connections.ts";

/** Instances listen here for queries, and answer on the channel of the instance that asks. */
const questionChannel = "hub:find";

interface Question {
  readonly replyTo: string;
  readonly query: ConnectionQuery;
  readonly limit: number;
}

/** The connections of all instances that answer within `waitMs`; those of other instances are missing. */
export async function findAnywhere(
  hub: HubContext,
  query: ConnectionQuery,
  { limit, waitMs }: { readonly limit: number; readonly waitMs: number },
): Promise<ConnectionPage> {
  const replyTo = `hub:found:${crypto.randomUUID()}`;
  const found: ConnectionInfo[] = [];
  let isTruncated = false;
  const listener: PublicationListener = {
    publication({ text }) {
      const page: ConnectionPage = JSON.parse(text);
      found.push(...page.connections);
      isTruncated ||= page.isTruncated;
    },
  };
  await hub.broker.subscribe(replyTo, listener);
  const question: Question = { replyTo, query, limit };
  await hub.broker.publish(questionChannel, JSON.stringify(question), { history: null });
  await Bun.sleep(waitMs);
  await hub.broker.unsubscribe(replyTo, listener);
  return { connections: found.slice(0, limit), isTruncated: isTruncated || found.length > limit };
}

/** Answers the queries of other instances. @returns a function that stops it */
export async function answerQuestions(hub: HubContext): Promise<() => Promise<void>> {
  const listener: PublicationListener = {
    publication({ text }) {
      const { replyTo, query, limit }: Question = JSON.parse(text);
      const page = findConnections(hub, query, limit);
      if (page.connections.length === 0) return;
      hub.broker.publish(replyTo, JSON.stringify(page), { history: null }).catch((error: unknown) => {
        hub.logger.warn({ err: error }, "a search for connections on other instances was not answered");
      });
    },
  };
  await hub.broker.subscribe(questionChannel, listener);
  return () => hub.broker.unsubscribe(questionChannel, listener);
}
