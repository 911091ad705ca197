/** A caller, as authenticated by one identity of the config. Immutable. */
export interface Principal {
  /** The identity that authenticated the caller, such as `platform`. */
  readonly identity: string;
  /** The method, sent as `x-auth-method`. */
  readonly method: "jwt" | "introspection" | "api-key" | "device-session" | "mtls" | "forward" | "basic";
  /** The subject, with the identity's `subjectPrefix`; unique within its identity. Sent as `x-user-id`. */
  readonly subject: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** The tenant granted by the identity, if any. */
  readonly tenantId: string | null;
  /** The session or key of this call, for revocation; never a secret. */
  readonly sessionId: string | null;
  /** The plan, for limits, where the credential names one. */
  readonly plan: string | null;
  /** Scales the credential's rate limits: 1 is normal, 2 allows twice as much. */
  readonly weight: number;
  /** Milliseconds since the epoch; `Infinity` where the credential does not expire. */
  readonly expiresAt: number;
  /** The verified claims, for rules and mappings. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Further fields for services, names and values alternating. Only names that the identity reserves as `ownHeaders`. */
  readonly fields?: readonly string[];
}
