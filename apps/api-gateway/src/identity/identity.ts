import type { Auth, CreateLimiter, FetchJsonOptions } from "@libs/auth";
import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Authenticated, Authentication } from "../model/authentication.ts";
import type { ConfigIssue } from "../model/config-issue.ts";
import type { DeviceSessionDirectory } from "../model/device-sessions.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { ReadSecret } from "../model/secret-reference.ts";
import type { ServiceCaller } from "../model/service-caller.ts";
import type { AnsweredFrom } from "./remembered-answers.ts";
import type { PresentedCredentials } from "./presented-credentials.ts";

/** One named way to know who is calling, living as long as its snapshot. */
export interface Identity {
  /** What was found out before and still holds: no I/O, about a microsecond. `null` where it must be found out. */
  recall(credentials: PresentedCredentials): Authenticated | null;
  /** MUST NOT throw for anything a caller can present, and MUST answer `unavailable` for what it could not find out. */
  authenticate(credentials: PresentedCredentials): MaybePromise<Authentication>;
  /**
   * The same for who asks what would become of a request, where finding out would ask a service about it: nothing is sent and
   * nothing remembered. Where it is absent `authenticate` stands for it.
   */
  foresee?(credentials: PresentedCredentials): Authentication | Unasked;
  /** Where else than in `Authorization` its credentials stand: taken out of what the service gets. */
  readonly places?: CredentialPlaces;
  /** How it is challenged for; `bearer` where absent. */
  readonly scheme?: AuthScheme;
  /** Headers, in lower case, that nobody but this identity may set towards a service: no route takes them from a client. */
  readonly ownHeaders?: readonly string[];
  /** Whether callers may be given cookies by it. */
  readonly givesCookies?: boolean;
  dispose?(): void;
}

/** Only the answer to a question that was not asked would tell. */
export interface Unasked {
  readonly outcome: "unasked";
  readonly identity: string;
  /** In words, without secrets. */
  readonly asks: string;
}

/** Of `Authorization` (RFC 9110, 11.6.2), in lower case. */
export type AuthScheme = "bearer" | "basic";

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
  /** Those of the snapshot in force. Asked for each call. */
  readonly services: () => ServiceCaller;
  readonly now: () => number;
  readonly fetch: FetchJsonOptions["fetch"];
  readonly readSecret: ReadSecret;
  /** Limiters that slow guessing down. One of the same name and rates that is still open is shared; `close` gives it back. */
  readonly createLimiter: CreateLimiter;
  /** Told of each caller that an identity knew from before or asked a server about and got an answer. */
  readonly onAnswer: (identity: string, from: AnsweredFrom) => void;
  /** An identity server that could not be asked, for log and metric. The text names no credential. */
  readonly onFailure: (identity: string, error: unknown) => void;
}

/** What a folder `identity/<type>/` defines. */
export interface IdentityDefinition<S extends TSchema> {
  /** Every field with description, default and bounds; nothing unknown is let through. */
  readonly schema: S;
  /** What the schema cannot say. Paths are relative to the identity. */
  check?(config: Static<S>): readonly ConfigIssue[];
  /** The services of the config that it asks. Each has to exist. */
  services?(config: Static<S>): readonly AskedService[];
  create(name: string, config: Static<S>, deps: IdentityDeps): Identity;
}

/** A service that an identity asks. */
export interface AskedService {
  /** Relative to the identity. */
  readonly path: string;
  readonly name: string;
  /** Whether its bare status lets in: nothing but the service itself may then answer for it. */
  readonly decides: boolean;
}

/** The same as the registry holds it: one shape whatever the config, which is held to the schema once more. */
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
    create: (name, config, deps) => definition.create(name, Value.Decode(definition.schema, config), deps),
  };
}
