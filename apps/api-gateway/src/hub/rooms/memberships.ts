import { toCartwayError } from "@libs/errors";
import type { Connection } from "../connections/connection.ts";
import type { EndpointSlot } from "../endpoint.ts";
import type { HubContext } from "../hub-context.ts";
import { askToJoin } from "./ask-to-join.ts";
import { roomIdentityOf } from "./room-identity.ts";
import { findRoomRule, type RoomRule } from "./room-rule.ts";

/** Concurrent calls to services after a reload. */
const questionsMax = 32;

/** Whether it is in a room that it could no longer join. */
export function isInForbiddenRoom(connection: Connection): boolean {
  const identity = roomIdentityOf(connection);
  const { roomRules } = connection.slot.current;
  return connection.rooms.some(
    ({ name }) => name !== null && findRoomRule(roomRules, name, identity) === null,
  );
}

/** The rules of each endpoint before a reload. */
export type RulesBefore = ReadonlyMap<EndpointSlot, readonly RoomRule[]>;

/**
 * After a reload: asks again about members of rooms whose rule now asks another service, as if they joined now. A member that is refused,
 * or about whom no service answers, is closed and gets the reason when it joins again. Does not reject.
 */
export async function askAgain(hub: HubContext, before: RulesBefore): Promise<void> {
  const questions = [...hub.connections.all()].flatMap((connection) => newQuestions(connection, before));
  const worker = async (): Promise<void> => {
    for (let next = questions.pop(); next !== undefined; next = questions.pop()) {
      const { connection, name } = next;
      // by the current rules: another reload may have happened, or the connection closed
      const rule = ruleOf(connection, connection.slot.current.roomRules, name);
      if (rule !== null && connection.isOpen) await askOne(hub, connection, { name, rule });
    }
  };
  await Promise.all(Array.from({ length: questionsMax }, worker));
}

interface Question {
  readonly connection: Connection;
  readonly name: string;
}

function newQuestions(connection: Connection, before: RulesBefore): readonly Question[] {
  const rulesBefore = before.get(connection.slot) ?? [];
  return connection.rooms.flatMap(({ name }) => {
    if (name === null) return [];
    const ask = ruleOf(connection, connection.slot.current.roomRules, name)?.ask ?? null;
    const askBefore = ruleOf(connection, rulesBefore, name)?.ask ?? null;
    if (ask === null || (ask.service === askBefore?.service && ask.path === askBefore.path)) return [];
    return [{ connection, name }];
  });
}

function ruleOf(connection: Connection, rules: readonly RoomRule[], name: string): RoomRule | null {
  return findRoomRule(rules, name, roomIdentityOf(connection));
}

async function askOne(
  hub: HubContext,
  connection: Connection,
  asked: { readonly name: string; readonly rule: RoomRule },
): Promise<void> {
  try {
    await askToJoin(hub, connection, asked);
  } catch (thrown) {
    const { code, internal } = toCartwayError(thrown);
    if (internal !== undefined)
      hub.warnings.warn("a room could not be asked about again", { code, internal });
    if (connection.rooms.some(({ name }) => name === asked.name))
      hub.delivery.close(connection, "forcedReconnect");
  }
}
