import { isRecord } from "@libs/json";
import { Type } from "@sinclair/typebox";
import type { Authenticated, Authentication } from "../model/identity/authentication.ts";
import type { Principal } from "../model/identity/principal.ts";
import type { Identity, Unasked } from "./identity.ts";

/** A field of each identity whose users are not the platform's own. */
export const subjectPrefixField = {
  subjectPrefix: Type.Optional(
    Type.String({
      description:
        "Precedes each caller's id, such as `google|`: two providers may give the same id to different people. Empty where the ids need none.",
      pattern: "^([A-Za-z0-9_.-]{1,32}\\|)?$",
    }),
  ),
};

/** The same identity, whose callers have the prefix of its config before their ids. A known caller remains the same object. */
export function withSubjectPrefix(identity: Identity, config: unknown): Identity {
  const prefix = prefixOf(config);
  if (prefix === "") return identity;
  const renamed = new WeakMap<Principal, Principal>();

  function rename(principal: Principal): Principal {
    const known = renamed.get(principal);
    if (known !== undefined) return known;
    const caller = { ...principal, subject: `${prefix}${principal.subject}` };
    renamed.set(principal, caller);
    return caller;
  }
  function change<Answer extends Authentication | Unasked>(answer: Answer): Answer | Authenticated {
    return answer.outcome === "authenticated" ? { ...answer, principal: rename(answer.principal) } : answer;
  }

  const foresee = identity.foresee?.bind(identity);
  return {
    ...identity,
    recall(credentials) {
      const recalled = identity.recall(credentials);
      return recalled === null ? null : change(recalled);
    },
    authenticate(credentials) {
      const answer = identity.authenticate(credentials);
      return answer instanceof Promise ? answer.then(change) : change(answer);
    },
    ...(foresee === undefined ? {} : { foresee: (credentials) => change(foresee(credentials)) }),
  };
}

function prefixOf(config: unknown): string {
  const prefix = isRecord(config) ? config["subjectPrefix"] : undefined;
  return typeof prefix === "string" ? prefix : "";
}
