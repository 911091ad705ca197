import type { TSchema } from "@sinclair/typebox";
import type { PolicyDefinition } from "../model/exchange/policy.ts";
import type { TypedEntry } from "../model/config/typed-entry.ts";
import { authenticate } from "./authenticate/authenticate.ts";
import { authorize } from "./authorize/authorize.ts";
import { cachePolicy } from "./cache/cache.ts";
import { canaryPolicy } from "./canary/canary.ts";
import { compressPolicy } from "./compress/compress.ts";
import { corsPolicy } from "./cors/cors.ts";
import { csrf } from "./csrf/csrf.ts";
import { errorPages } from "./error-pages/error-pages.ts";
import { ipRules } from "./ip-rules/ip-rules.ts";
import type { PolicyDeps } from "./policy-deps.ts";
import { mirrorPolicy } from "./mirror/mirror.ts";
import { queuePolicy } from "./queue/queue.ts";
import { rateLimit } from "./rate-limit/rate-limit.ts";
import { redirectPolicy } from "./redirect/redirect.ts";
import { requestValidation } from "./request-validation/request-validation.ts";
import { respondPolicy } from "./respond/respond.ts";
import { securityHeaders } from "./security-headers/security-headers.ts";
import { signedUrl } from "./signed-url/signed-url.ts";
import { tenant } from "./tenant/tenant.ts";
import { transformPolicy } from "./transform/transform.ts";

/** A definition whose config type is known to itself only: the schema has checked the config before `create` sees it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the one place where definitions of different schemas meet
export type AnyPolicyDefinition = PolicyDefinition<any, PolicyDeps> & { readonly schema: TSchema };

/** The names of the services that policies of a route may have its requests sent to. */
export function servicesOf(entries: readonly TypedEntry[]): readonly string[] {
  return entries.flatMap(({ type, ...config }) =>
    (policies[type]?.services?.(config) ?? []).map(({ name }) => name),
  );
}

/** The request fields that policies of a route set to values of its callers. */
export function callerFieldsOf(entries: readonly TypedEntry[]): readonly string[] {
  return entries.flatMap(({ type, ...config }) => policies[type]?.callerFields?.(config) ?? []);
}

/** Every policy a route can name. A policy is its folder and its line here. */
export const policies: Readonly<Record<string, AnyPolicyDefinition>> = {
  authenticate,
  authorize,
  cache: cachePolicy,
  canary: canaryPolicy,
  compress: compressPolicy,
  cors: corsPolicy,
  csrf,
  "error-pages": errorPages,
  "ip-rules": ipRules,
  mirror: mirrorPolicy,
  queue: queuePolicy,
  "rate-limit": rateLimit,
  redirect: redirectPolicy,
  "request-validation": requestValidation,
  respond: respondPolicy,
  "security-headers": securityHeaders,
  "signed-url": signedUrl,
  tenant,
  transform: transformPolicy,
};
