import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { encodePointerKey } from "../../model/config/json-pointer.ts";
import type { TypedEntry } from "../../model/config/typed-entry.ts";
import { parseRoomPattern } from "../rooms/room-pattern.ts";
import type { EndpointConfig, HubConfig } from "./schema.ts";

/** The ids of the platform's own identities are random, and therefore unique. */
const platformTypes: readonly string[] = ["local", "api-key", "device-session"];

/**
 * Services address users by their id alone, whichever endpoint and identity they used. If several providers issue ids for one endpoint
 * kind, each must be configured to distinguish its ids from the others'.
 */
export function checkUsers(
  { endpoints }: HubConfig,
  identities: Readonly<Record<string, TypedEntry>>,
): readonly ConfigIssue[] {
  const names = new Set(endpoints.filter(knowsUsers).flatMap(({ authenticate }) => authenticate.with));
  const entries = [...names].flatMap((name) => {
    const entry = identities[name];
    return entry === undefined ? [] : [{ name, entry, provider: providerOf(name, entry) }];
  });
  if (new Set(entries.map(({ provider }) => provider)).size < 2) return [];
  return entries
    .filter(({ entry }) => !platformTypes.includes(entry.type) && !("subjectPrefix" in entry))
    .map(({ name }) => ({
      path: `/identity/${encodePointerKey(name)}`,
      message: `another identity of the hub may know a different person by the same id: user:<id> would reach both`,
      expected: `subjectPrefix, such as "${name}|", or "" where the ids differ or mean the same people`,
    }));
}

function knowsUsers({ personal, rooms = [] }: EndpointConfig): boolean {
  return personal === "user" || [rooms].flat().some(({ pattern }) => isOfUser(pattern));
}

function isOfUser(text: string): boolean {
  const pattern = parseRoomPattern(text);
  return typeof pattern !== "string" && pattern.some((part) => "own" in part && part.own === "userId");
}

/** The issuer of an identity's user ids, if it has one. */
function providerOf(name: string, entry: TypedEntry): string {
  if (platformTypes.includes(entry.type)) return "platform";
  return "issuer" in entry && typeof entry.issuer === "string"
    ? `issuer ${entry.issuer}`
    : `identity ${name}`;
}
