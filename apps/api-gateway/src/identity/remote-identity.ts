import { ageOf, RecentMap } from "@libs/auth";
import { Type } from "@sinclair/typebox";
import type { Authenticated, Authentication } from "../model/identity/authentication.ts";
import type { Principal } from "../model/identity/principal.ts";
import type { Identity } from "./identity.ts";
import { RememberedAnswers, type RememberedAnswersOptions } from "./remembered-answers.ts";

/** `cacheMax` of every identity that asks a server. */
export const answersMax = Type.Integer({
  description: "Answers cached at most.",
  default: 50_000,
  minimum: 2,
  maximum: 5_000_000,
});

export interface RemoteIdentityOptions extends RememberedAnswersOptions {
  readonly name: string;
  /** Asks the server about one token. Rejects where it could not answer. */
  readonly ask: (token: string) => Promise<Principal | Barred | Refused>;
  /** Longest time for which an answer holds for a token that was no good. Short: it may become good. */
  readonly refusedMs: number;
  /** Concurrent requests to the server; callers beyond it get 503. */
  readonly questionsMax: number;
  readonly onFailure: (error: unknown) => void;
}

/** The token is valid but its owner is not admitted. */
export interface Barred {
  readonly barred: string;
}

/** The token is invalid. */
export interface Refused {
  /** Reason, one of a closed set of words: it labels metrics. */
  readonly refused: string;
}

const absent: Authentication = { outcome: "absent" };

/** Identity by opaque tokens that only a remote server can verify: one request at a time per token, answers cached for a bounded time. */
export function createRemoteIdentity(options: RemoteIdentityOptions): Identity {
  const { name, now, refusedMs } = options;
  const known = new RememberedAnswers(options);
  const refused = new RecentMap<{ readonly at: number; readonly answer: Authentication }>(options.cacheMax);
  const pending = new Map<string, Promise<Authentication>>();
  const unavailable: Authentication = { outcome: "unavailable", identity: name };

  async function ask(token: string, digest: string): Promise<Authentication> {
    const askedAt = now();
    try {
      const principal = await options.ask(token);
      options.onAnswer("asked");
      if ("barred" in principal) {
        known.forget(digest);
        return { outcome: "barred", identity: name, reason: principal.barred };
      }
      if ("refused" in principal || principal.expiresAt <= now()) {
        const reason = "refused" in principal ? principal.refused : "expired";
        const answer: Authentication = { outcome: "rejected", identity: name, reason };
        known.forget(digest);
        refused.set(digest, { at: now(), answer });
        return answer;
      }
      const authenticated: Authenticated = { outcome: "authenticated", principal };
      known.keep(digest, authenticated, askedAt);
      return authenticated;
    } catch (error) {
      options.onFailure(error);
      return known.findStale(digest) ?? unavailable;
    }
  }

  function askOnce(token: string, digest: string): Authentication | Promise<Authentication> {
    const asked = pending.get(digest);
    if (asked !== undefined) return asked;
    if (pending.size >= options.questionsMax) return unavailable;
    const question = ask(token, digest).finally(() => pending.delete(digest));
    pending.set(digest, question);
    return question;
  }

  return {
    scheme: "bearer",
    asksFor: "a bearer token",
    recall(credentials) {
      const digest = credentials.bearerDigest();
      return digest === null ? null : known.find(digest);
    },
    authenticate(credentials) {
      const bearer = credentials.bearer();
      if (bearer.kind === "absent") return absent;
      const digest = credentials.bearerDigest();
      if (bearer.kind === "malformed" || digest === null) {
        return { outcome: "rejected", identity: name, reason: "malformed_credentials" };
      }
      const before = refused.get(digest);
      return before !== undefined && ageOf(before.at, now()) < refusedMs
        ? before.answer
        : askOnce(bearer.token, digest);
    },
    dispose() {
      known.clear();
      refused.clear();
    },
  };
}
