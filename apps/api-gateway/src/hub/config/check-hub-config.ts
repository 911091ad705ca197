import { hubTypeNames } from "@libs/messaging";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { parseRoomPattern } from "../rooms/room-pattern.ts";
import { checkAtConnect } from "./check-at-connect.ts";
import { compilePayloadSchema } from "../messages/payload-schema.ts";
import { checkLimit } from "../../policies/rate-limit/limit-spec.ts";
import type { EndpointConfig, HubConfig, MessageConfig } from "./schema.ts";

export interface HubConfigContext {
  readonly services: readonly string[];
  readonly identities: readonly string[];
}

/** Checks that the schema cannot express. Paths are relative to the `hub` section. */
export function checkHubConfig(config: HubConfig, context: HubConfigContext): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const paths = new Set<string>();
  for (const [index, endpoint] of config.endpoints.entries()) {
    const base = `/endpoints/${index}`;
    if (paths.has(endpoint.path))
      issues.push({ path: `${base}/path`, message: `${endpoint.path} is served twice` });
    paths.add(endpoint.path);
    issues.push(...checkEndpoint(endpoint, base, context));
  }
  issues.push(...checkNames(config.publish.with, "identity", context.identities, "/publish/with"));
  if (config.sessions !== undefined) {
    issues.push(
      ...checkNames([config.sessions.left.service], "service", context.services, "/sessions/left/service"),
    );
  }
  if (config.limits.heartbeatMs >= config.limits.idleMs) {
    issues.push({
      path: "/limits/heartbeatMs",
      message: `${config.limits.heartbeatMs} would disconnect clients before their next heartbeat`,
      expected: `less than idleMs, which is ${config.limits.idleMs}`,
    });
  }
  return issues;
}

function checkEndpoint(endpoint: EndpointConfig, base: string, context: HubConfigContext): ConfigIssue[] {
  const { authenticate, messages, rooms } = endpoint;
  const issues = checkNames(authenticate.with, "identity", context.identities, `${base}/authenticate/with`);
  if (authenticate.with.length === 0 && !authenticate.anonymous) {
    issues.push({
      path: `${base}/authenticate`,
      message: "no client could connect",
      expected: "an identity, or anonymous: true",
    });
  }
  if (endpoint.frameLimit !== undefined) issues.push(...checkFrameLimit(endpoint, `${base}/frameLimit`));
  for (const [type, message] of Object.entries(messages)) {
    issues.push(...checkMessage(type, message, `${base}/messages/${type}`, context));
  }
  for (const [index, rule] of (rooms === undefined ? [] : [rooms].flat()).entries()) {
    const path = Array.isArray(rooms) ? `${base}/rooms/${index}` : `${base}/rooms`;
    const pattern = parseRoomPattern(rule.pattern);
    if (typeof pattern === "string") issues.push({ path: `${path}/pattern`, message: pattern });
    else if (rule.atConnect === true) issues.push(...checkAtConnect(endpoint, { rule, pattern, path }));
    if (rule.ask !== undefined) {
      issues.push(...checkNames([rule.ask.service], "service", context.services, `${path}/ask/service`));
    }
  }
  for (const origin of endpoint.origins) {
    if (origin !== "*" && !/^https?:\/\/[^/\s]+$/.test(origin)) {
      issues.push({
        path: `${base}/origins`,
        message: `${origin} is not an origin`,
        expected: "a scheme and host, or *",
      });
    }
  }
  return issues;
}

function checkMessage(
  type: string,
  message: MessageConfig,
  path: string,
  context: HubConfigContext,
): ConfigIssue[] {
  const issues = checkNames([message.service], "service", context.services, `${path}/service`);
  if (hubTypeNames.has(type)) issues.push({ path, message: `${type} is a built-in type of the hub` });
  if (message.callerField !== undefined && message.callerField === message.userIdField) {
    issues.push({
      path: `${path}/callerField`,
      message: "one field cannot contain both",
      expected: "another name than userIdField",
    });
  }
  if (message.reply !== undefined && message.ack === "received") {
    issues.push({
      path: `${path}/ack`,
      message: "a reply requires the service's response",
      expected: "durable or none",
    });
  }
  if (message.reply !== undefined && hubTypeNames.has(message.reply)) {
    issues.push({ path: `${path}/reply`, message: `${message.reply} is a built-in type of the hub` });
  }
  if (message.schema !== undefined) {
    const compiled = compilePayloadSchema(message.schema);
    if (Array.isArray(compiled)) {
      issues.push(...compiled.map((issue) => ({ ...issue, path: `${path}/schema${issue.path}` })));
    }
  }
  return issues;
}

function checkNames(
  names: readonly string[],
  kind: string,
  known: readonly string[],
  path: string,
): ConfigIssue[] {
  return names
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path,
      message: `there is no ${kind} ${name}`,
      expected: known.join(", ") || "one that is configured: there is none",
    }));
}

/** A limit by a key that no caller of the endpoint has would silently count all callers by address. */
function checkFrameLimit({ frameLimit, authenticate }: EndpointConfig, path: string): ConfigIssue[] {
  if (frameLimit === undefined) return [];
  const issues = checkLimit(frameLimit, 1).map((issue) => ({ ...issue, path: path + issue.path }));
  for (const [index, part] of frameLimit.by.entries()) {
    const isOfRequests = part === "route" || (typeof part === "object" && "header" in part);
    const isOfNobody = part !== "ip" && authenticate.with.length === 0;
    if (!isOfRequests && !isOfNobody) continue;
    const message = isOfRequests
      ? `${JSON.stringify(part)} tells no connection from another`
      : `${JSON.stringify(part)} is unknown on this endpoint`;
    issues.push({
      path: `${path}/by/${index}`,
      message,
      expected: "ip, or a property of an authenticated caller",
    });
  }
  return issues;
}
