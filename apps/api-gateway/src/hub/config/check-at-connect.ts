import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { RoomPattern } from "../rooms/room-pattern.ts";
import type { RoomRuleConfig } from "./room-rule-schema.ts";
import type { EndpointConfig } from "./schema.ts";

const namesOfOne = "{userId}, {tenantId}, {claim.NAME}, or none";

interface CheckedRule {
  readonly rule: RoomRuleConfig;
  readonly pattern: RoomPattern;
  /** The path of the rule. */
  readonly path: string;
}

/** A room joined at connect must be named by values that are known when the connection opens. */
export function checkAtConnect(
  { authenticate }: EndpointConfig,
  { rule, pattern, path }: CheckedRule,
): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const isOfOne = pattern.some((part) => "own" in part || "claim" in part);
  if (pattern.some((part) => "any" in part)) {
    const message = "{any} names no room that a connection could be put into";
    issues.push({ path: `${path}/pattern`, message, expected: namesOfOne });
  } else if (pattern.some((part) => "own" in part && part.own === "sessionId")) {
    const message =
      "{sessionId} is known only from the first frame on, after the connection was put into its rooms";
    issues.push({ path: `${path}/pattern`, message, expected: namesOfOne });
  } else if (isOfOne && authenticate.with.length === 0) {
    const message = `${rule.pattern} is the room of nobody on this endpoint`;
    issues.push({ path: `${path}/pattern`, message, expected: "an identity in authenticate.with" });
  }
  if (rule.join === false) {
    const message = "a room that connections are put into cannot be shut to them";
    issues.push({ path: `${path}/join`, message, expected: "true, or atConnect: false" });
  }
  if (rule.ask !== undefined) {
    const message = "no service is asked about a room that connections are put into";
    issues.push({ path: `${path}/ask`, message, expected: "no list, or atConnect: false" });
  }
  return issues;
}
