import type { TSchema } from "@sinclair/typebox";
import type { PolicyDefinition } from "../model/policy.ts";
import { corsPolicy } from "./cors/cors.ts";
import type { PolicyDeps } from "./policy-deps.ts";
import { redirectPolicy } from "./redirect/redirect.ts";
import { respondPolicy } from "./respond/respond.ts";
import { transformPolicy } from "./transform/transform.ts";

/** A definition whose config type is known to itself only: the schema has checked the config before `create` sees it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the one place where definitions of different schemas meet
export type AnyPolicyDefinition = PolicyDefinition<any, PolicyDeps> & { readonly schema: TSchema };

/** Every policy a route can name. A policy is its folder and its line here. */
export const policies: Readonly<Record<string, AnyPolicyDefinition>> = {
  cors: corsPolicy,
  redirect: redirectPolicy,
  respond: respondPolicy,
  transform: transformPolicy,
};
