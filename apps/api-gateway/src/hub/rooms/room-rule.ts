import type { RoomRuleConfig } from "../config/room-rule-schema.ts";
import { fitsRoomPattern, parseRoomPattern, type RoomIdentity, type RoomPattern } from "./room-pattern.ts";

/** A compiled room rule of the config. */
export interface RoomRule {
  readonly pattern: RoomPattern;
  readonly join: boolean;
  /** Connections join it automatically. */
  readonly atConnect: boolean;
  readonly ask: { readonly service: string; readonly path: string } | null;
  readonly presence: boolean;
  readonly recoverMax: number;
  readonly coalesceMs: number;
}

const recoverMaxDefault = 100;

/** @throws TypeError for a pattern that the config check refuses */
export function compileRoomRule(config: RoomRuleConfig): RoomRule {
  const pattern = parseRoomPattern(config.pattern);
  if (typeof pattern === "string") throw new TypeError(pattern);
  const { join = true, presence = false, recoverMax = recoverMaxDefault, ask = null } = config;
  const { coalesceMs = 0, atConnect = false } = config;
  return { pattern, join, atConnect, ask, presence, recoverMax, coalesceMs };
}

/** The first rule whose pattern matches; `null` if the connection may not join the room. */
export function findRoomRule(
  rules: readonly RoomRule[],
  name: string,
  identity: RoomIdentity,
): RoomRule | null {
  const rule = rules.find((candidate) => fitsRoomPattern(candidate.pattern, name, identity));
  return rule?.join === true ? rule : null;
}
