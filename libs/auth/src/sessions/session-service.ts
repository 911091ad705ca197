import { CartwayError } from "@libs/errors";
import type { RoleGraph } from "../access/role-graph.ts";
import type { ChangeFeed } from "../changes/change-feed.ts";
import type { LoginThrottle } from "../login/login-throttle.ts";
import type { PasswordHasher } from "../passwords/password-hasher.ts";
import type { ReportSecurityEvent } from "../security-event.ts";
import { redeemSignInCode } from "../sign-in/sign-in-code.ts";
import type { SigningKeys } from "../signing/signing-keys.ts";
import type { Sql } from "@libs/database";
import { digestOf } from "../token/token-digest.ts";
import { type StoredUser, toPublicUser, type User, emailKey } from "../users/user.ts";
import { findUserByEmail, findUserById, isUnchanged, refreshPasswordHash } from "../users/user-store.ts";
import { createRefreshToken, refreshTokenHash } from "./refresh-token.ts";
import { findSessionByRefreshToken, rotateRefreshToken } from "./rotate-refresh-token.ts";
import { addRefreshToken, createSession, revokeSession, revokeSessionsOf } from "./session-store.ts";

export interface SessionRules {
  readonly issuer: string;
  readonly audience: string;
  readonly accessTokenMs: number;
  readonly sessionIdleMs: number;
  readonly sessionLifeMaxMs: number;
  readonly refreshGraceMs: number;
}

export interface SessionServiceDeps {
  readonly sql: Sql;
  readonly now: () => number;
  readonly rules: SessionRules;
  readonly hasher: PasswordHasher;
  readonly throttle: LoginThrottle;
  readonly signingKeys: SigningKeys;
  readonly feed: ChangeFeed;
  readonly roles: RoleGraph;
  readonly report: ReportSecurityEvent;
}

/** The origin of a call, for throttling and the list of sessions. */
export interface CallerOrigin {
  readonly address: string;
  readonly userAgent: string | null;
}

export interface TokenGrant {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly user: User;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
}

/** Login, token refresh, logout. */
export class SessionService {
  readonly #deps: SessionServiceDeps;

  constructor(deps: SessionServiceDeps) {
    this.#deps = deps;
  }

  /** Throws `invalid_credentials`, identical for an unknown user, a wrong password and a disabled account, or `rate_limited`. */
  async login(credentials: { email: string; password: string }, origin: CallerOrigin): Promise<TokenGrant> {
    const { sql, hasher, throttle, report } = this.#deps;
    const account = digestOf(emailKey(credentials.email));
    const verdict = await throttle.take(credentials.email, origin.address);
    if (!verdict.allowed) {
      report({ kind: "login_throttled", account, address: origin.address });
      throw new CartwayError("rate_limited", { retryAfterSeconds: verdict.retryAfterSeconds });
    }
    const user = await findUserByEmail(sql, credentials.email);
    const matches = await hasher.verify(credentials.password, user?.passwordHash ?? null);
    if (!matches || user === null || user.disabled) {
      report({ kind: "login_failed", account, address: origin.address });
      throw new CartwayError("invalid_credentials");
    }
    await throttle.succeed(credentials.email, origin.address);
    await this.#upgradeHash(user, credentials.password);
    return this.open(user, origin);
  }

  /**
   * Starts a session for a user who was authenticated by password or by another identity provider. Throws `invalid_credentials` where the
   * user was changed since: the authentication may no longer hold.
   */
  async open(user: StoredUser, origin: CallerOrigin): Promise<TokenGrant> {
    const { sql, now, rules } = this.#deps;
    const refreshToken = createRefreshToken();
    const sessionId = await sql.transaction(async (inner) => {
      if (!(await isUnchanged(inner, user))) throw new CartwayError("invalid_credentials");
      const expiresAt = now() + Math.min(rules.sessionIdleMs, rules.sessionLifeMaxMs);
      const id = await createSession(inner, { userId: user.id, ...origin, expiresAt }, now());
      await addRefreshToken(inner, refreshTokenHash(refreshToken) ?? "", id, now());
      return id;
    });
    return this.#grant(user, sessionId, refreshToken);
  }

  /** Starts a session from a sign-in code. Throws `invalid_token`. */
  async redeem(
    proof: { readonly code: string; readonly verifier: string },
    origin: CallerOrigin,
  ): Promise<TokenGrant> {
    const { sql, now, report } = this.#deps;
    const redeemed = await redeemSignInCode(sql, proof, now());
    const user = redeemed === null ? null : await findUserById(sql, redeemed.userId);
    if (user === null || user.disabled || user.version !== redeemed?.version) {
      const reason =
        redeemed === null ? "code_or_verifier" : user?.disabled === true ? "disabled" : "user_changed";
      report({ kind: "sign_in_refused", reason, address: origin.address });
      throw new CartwayError("invalid_token", { message: "The code is not valid." });
    }
    return this.open(user, origin);
  }

  /** Throws `invalid_token`. Reuse of a token ends its session. */
  async refresh(refreshToken: string, origin: CallerOrigin): Promise<TokenGrant> {
    const { sql, now, rules, feed, report } = this.#deps;
    const rotation = await rotateRefreshToken(
      sql,
      refreshToken,
      { graceMs: rules.refreshGraceMs, idleMs: rules.sessionIdleMs, lifeMaxMs: rules.sessionLifeMaxMs },
      now(),
    );
    switch (rotation.outcome) {
      case "refused":
        report({ kind: "refresh_rejected", reason: rotation.reason, address: origin.address });
        throw new CartwayError("invalid_token");
      case "reused":
        report({ kind: "refresh_reused", ...pick(rotation), address: origin.address });
        await feed.sync();
        throw new CartwayError("invalid_token");
      case "rotated": {
        const user = await findUserById(sql, rotation.userId);
        if (user === null || user.disabled) throw new CartwayError("invalid_token");
        return this.#grant(user, rotation.sessionId, rotation.refreshToken);
      }
    }
  }

  /** Ends a session on all instances. Does not reveal whether it existed. */
  async logout(sessionId: string, userId: string): Promise<void> {
    const { sql, now, feed } = this.#deps;
    await sql.transaction((inner) => revokeSession(inner, { sessionId, userId, reason: "logout" }, now()));
    await feed.sync();
  }

  /** Ends the session of a refresh token, for clients whose access token has expired. */
  async logoutByRefreshToken(refreshToken: string): Promise<void> {
    const session = await findSessionByRefreshToken(this.#deps.sql, refreshToken);
    if (session !== null) await this.logout(session.sessionId, session.userId);
  }

  /** Ends all sessions of the user on all instances. */
  async logoutEverywhere(userId: string): Promise<void> {
    const { sql, now, feed } = this.#deps;
    await sql.transaction((inner) => revokeSessionsOf(inner, userId, "logout everywhere", now()));
    await feed.sync();
  }

  /** Throws `invalid_token` where the user was deleted or disabled. */
  async me(userId: string): Promise<{ user: User; permissions: readonly string[] }> {
    const user = await findUserById(this.#deps.sql, userId);
    if (user === null || user.disabled) throw new CartwayError("invalid_token");
    return { user: toPublicUser(user), permissions: this.#deps.roles.permissionsOf(user.roles) };
  }

  async #upgradeHash(user: StoredUser, password: string): Promise<void> {
    const { hasher, sql } = this.#deps;
    if (user.passwordHash === null || !hasher.isOutdated(user.passwordHash)) return;
    await refreshPasswordHash(sql, user, await hasher.hash(password));
  }

  async #grant(user: StoredUser, sessionId: string, refreshToken: string): Promise<TokenGrant> {
    const { signingKeys, rules, now } = this.#deps;
    const issuedAt = Math.floor(now() / 1000);
    const expiresIn = Math.floor(rules.accessTokenMs / 1000);
    const accessToken = await signingKeys.sign({
      iss: rules.issuer,
      aud: rules.audience,
      sub: user.id,
      sid: sessionId,
      ver: user.version,
      roles: user.roles,
      ...(user.tenantId === null ? {} : { tenant: user.tenantId }),
      iat: issuedAt,
      exp: issuedAt + expiresIn,
      jti: Bun.randomUUIDv7(),
    });
    return { accessToken, refreshToken, user: toPublicUser(user), expiresIn };
  }
}

function pick(rotation: { readonly sessionId: string; readonly userId: string }) {
  return { sessionId: rotation.sessionId, userId: rotation.userId };
}
