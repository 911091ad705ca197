/** Who is calling, as one identity of the config established it. Immutable; a policy never changes it. */
export interface Principal {
  /** The identity of the config that vouched for the caller, such as `platform`. */
  readonly identity: string;
  /** How: becomes `x-auth-method`. */
  readonly method: "jwt" | "introspection" | "api-key" | "device-session" | "mtls" | "forward" | "basic";
  /** The subject, unique within its identity: becomes `x-user-id`. */
  readonly subject: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** The tenant that the identity grants, where it grants one. */
  readonly tenantId: string | null;
  /** The session or key this call belongs to, so that it can be revoked; never a secret. */
  readonly sessionId: string | null;
  /** The plan that limits may depend on, where the credential names one. */
  readonly plan: string | null;
  /** The credential's own share in rate limits: 2 allows twice as much, 1 is the rule. */
  readonly weight: number;
  /** Milliseconds since the epoch; `Infinity` where the credential does not expire. */
  readonly expiresAt: number;
  /** The verified claims, for rules and mappings. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** What services are told besides, names and values in turn. Names that only the identity may set, by its `ownHeaders`. */
  readonly fields?: readonly string[];
}
