import type { Auth, CreateLimiter, FetchJsonOptions } from "@libs/auth";
import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Authenticated, Authentication, AuthScheme } from "../model/identity/authentication.ts";
import type { ConfigIssue } from "../model/config/config-issue.ts";
import type { DeviceSessionDirectory } from "../model/identity/device-sessions.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { ReadSecret } from "../model/config/secret-reference.ts";
import type { ServiceCaller } from "../model/upstream/service-caller.ts";
import type { AnsweredFrom } from "./remembered-answers.ts";
import type { PresentedCredentials } from "./presented-credentials.ts";
import { withSubjectPrefix } from "./subject-prefix.ts";

/** One named way to authenticate callers. */
export interface Identity {
  /** A cached outcome that is still valid: no I/O, about a microsecond. `null` where `authenticate` has to run. */
  recall(credentials: PresentedCredentials): Authenticated | null;
  /** MUST NOT throw for any credentials of a caller, and MUST return `unavailable` if it cannot decide. */
  authenticate(credentials: PresentedCredentials): MaybePromise<Authentication>;
  /**
   * `authenticate` for `explain`, for identities that would send the request to a service: MUST send and cache nothing. Where absent,
   * `authenticate` is used.
   */
  foresee?(credentials: PresentedCredentials): Authentication | Unasked;
  /** Where it reads credentials besides `Authorization`; they are removed from requests to services. */
  readonly places?: CredentialPlaces;
  /** Identities of one scheme read the same credential: a request has it for all of them or for none. */
  readonly scheme: AuthScheme;
  /** The credential in words for callers, such as `a bearer token`; absent where a service decides on that. */
  readonly asksFor?: string;
  /** Headers, in lower case, that services could believe about the caller: no route passes a client's on, only this identity may set them. */
  readonly ownHeaders?: readonly string[];
  /** Whether it may set cookies for callers. */
  readonly givesCookies?: boolean;
  dispose?(): void;
}

/** Undecided: a service, which was not asked, would decide. */
export interface Unasked {
  readonly outcome: "unasked";
  readonly identity: string;
  /** In words, without secrets. */
  readonly asks: string;
}

export interface CredentialPlaces {
  /** Lower case. */
  readonly headers: readonly string[];
  /** Query parameters. */
  readonly parameters: readonly string[];
}

export interface IdentityDeps {
  /** The platform's own users, sessions and keys; `null` where the gateway runs without its database. */
  readonly auth: Auth | null;
  /** `null` where there is no fleet service. */
  readonly devices: DeviceSessionDirectory | null;
  /** The services of the current snapshot; called for each request. */
  readonly services: () => ServiceCaller;
  readonly now: () => number;
  readonly fetch: FetchJsonOptions["fetch"];
  readonly readSecret: ReadSecret;
  /** Creates limiters against guessing. An open one of the same name and rates is shared; `close` releases it. */
  readonly createLimiter: CreateLimiter;
  /** Called for each caller that was authenticated from the cache or by a server's answer. */
  readonly onAnswer: (identity: string, from: AnsweredFrom) => void;
  /** Called when an identity server could not be asked, for log and metric. The error names no credential. */
  readonly onFailure: (identity: string, error: unknown) => void;
}

/** The definition in a folder `identity/<type>/`. */
export interface IdentityDefinition<S extends TSchema> {
  /** Every field has a description, default and bounds; unknown fields are refused. */
  readonly schema: S;
  /** Checks that the schema cannot express. Paths are relative to the identity. */
  check?(config: Static<S>): readonly ConfigIssue[];
  /** The services of the config that it uses; each MUST exist. */
  services?(config: Static<S>): readonly AskedService[];
  create(name: string, config: Static<S>, deps: IdentityDeps): Identity;
}

/** A service that an identity uses. */
export interface AskedService {
  /** Relative to the identity. */
  readonly path: string;
  readonly name: string;
  /** Whether its status alone admits callers: then it must not have a fixed fallback answer. */
  readonly decides: boolean;
}

/** The definition with its config type erased, as the registry holds it; `create` validates the config against the schema again. */
export interface RegisteredIdentity<S extends TSchema = TSchema> {
  readonly schema: S;
  check(config: unknown): readonly ConfigIssue[];
  services(config: unknown): readonly AskedService[];
  /** Throws where the config does not match the schema or its secrets cannot be read. */
  create(name: string, config: unknown, deps: IdentityDeps): Identity;
}

export function defineIdentity<S extends TSchema>(definition: IdentityDefinition<S>): RegisteredIdentity<S> {
  return {
    schema: definition.schema,
    check: (config) => definition.check?.(Value.Decode(definition.schema, config)) ?? [],
    services: (config) => definition.services?.(Value.Decode(definition.schema, config)) ?? [],
    create(name, config, deps) {
      const decoded = Value.Decode(definition.schema, config);
      return withSubjectPrefix(definition.create(name, decoded, deps), decoded);
    },
  };
}
