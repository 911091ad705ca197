import { RoleGraph, type RoleDefinitions } from "./access/role-graph.ts";
import { ApiKeyVerifier } from "./api-keys/api-key-verifier.ts";
import { ChangeFeed } from "./changes/change-feed.ts";
import { prune } from "./changes/prune.ts";
import { type CreateLimiter, LoginThrottle, type LoginThrottleRates } from "./login/login-throttle.ts";
import { PasswordHasher } from "./passwords/password-hasher.ts";
import type { ReportSecurityEvent } from "./security-event.ts";
import { type AccessTokenVerifier, createAccessTokenVerifier } from "./sessions/access-token-verifier.ts";
import { Revocations } from "./sessions/revocations.ts";
import { type SessionRules, SessionService } from "./sessions/session-service.ts";
import { SignInGrants } from "./sign-in/sign-in-grants.ts";
import { createKeyProtection } from "./signing/key-protection.ts";
import type { SigningAlgorithm } from "./signing/signing-key-store.ts";
import { SigningKeys } from "./signing/signing-keys.ts";
import type { Sql } from "@libs/database";
import { createFirstAdmin, type FirstAdmin } from "./users/first-admin.ts";

export interface AuthConfig {
  readonly sessions: SessionRules;
  readonly signing: {
    readonly algorithm: SigningAlgorithm;
    readonly rotationMs: number;
    readonly publishAheadMs: number;
    /** At least 32 bytes, kept outside the database; `null` stores private keys unencrypted. */
    readonly secret: Uint8Array | null;
  };
  readonly passwords: {
    readonly memoryKib: number;
    readonly passes: number;
    readonly concurrencyMax: number;
    readonly waitingMax: number;
  };
  readonly loginRates: LoginThrottleRates;
  readonly roles: RoleDefinitions;
  /** `null` generates a password. */
  readonly firstAdmin: { readonly email: string; readonly password: string | null };
  readonly changes: { readonly pollMs: number };
  readonly apiKeys: { readonly cacheMax: number; readonly staleIfErrorMs: number };
}

export interface AuthDeps {
  /** MUST have the `migrations` of this library applied. */
  readonly sql: Sql;
  readonly now: () => number;
  readonly createLimiter: CreateLimiter;
  readonly report: ReportSecurityEvent;
  /** Receives failures of background work: polling, key rotation, pruning. */
  readonly onError: (error: unknown) => void;
  /** Called once in the lifetime of a database, before `start` resolves. */
  readonly onFirstAdmin: (admin: FirstAdmin) => void;
}

export interface Auth {
  readonly sessions: SessionService;
  readonly accessTokens: AccessTokenVerifier;
  readonly signIns: SignInGrants;
  readonly apiKeys: ApiKeyVerifier;
  /** The configured roles; replaced on reload. */
  readonly roles: RoleGraph;
  readonly signingKeys: SigningKeys;
  readonly hasher: PasswordHasher;
  readonly throttle: LoginThrottle;
  readonly feed: ChangeFeed;
  /**
   * Loads keys and changes, creates the first administrator where needed, then starts to poll. Rejects where the store cannot be read.
   */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const clockSkewMs = 60_000;
const maintenanceMs = 60_000;
/** How long an unknown API key is remembered as such, and the bound on concurrent look-ups. */
const keyLookups = { unknownMs: 10_000, lookupsMax: 64 };
const dayMs = 86_400_000;

/** The platform's own identity provider: users, sessions, keys, roles. Nothing runs before `start`. */
export function createAuth(config: AuthConfig, deps: AuthDeps): Auth {
  const { sql, now, report, onError } = deps;
  const rules = config.sessions;
  const { secret, ...signing } = config.signing;
  const tokenLifeMs = rules.accessTokenMs + clockSkewMs;
  const feed = new ChangeFeed({
    sql,
    now,
    pollMs: config.changes.pollMs,
    historyMs: tokenLifeMs,
    onError,
  });
  const revocations = new Revocations({ now, tokenLifeMs });
  revocations.follow(feed);
  const protection = createKeyProtection(secret);
  const signingKeys = new SigningKeys({ ...signing, sql, now, protection, overlapMs: tokenLifeMs });
  feed.on("signing-keys", () => void signingKeys.reload().catch(onError));
  const hasher = new PasswordHasher(config.passwords);
  const throttle = new LoginThrottle(deps.createLimiter, onError, config.loginRates);
  const roles = new RoleGraph(config.roles);
  const apiKeys = new ApiKeyVerifier({ ...config.apiKeys, ...keyLookups, sql, feed, now, onError });
  const sessions = new SessionService({
    sql,
    now,
    rules,
    hasher,
    throttle,
    signingKeys,
    feed,
    roles,
    report,
  });
  const accessTokens = createAccessTokenVerifier({ signingKeys, revocations, rules, now });
  const maintenance = new Maintenance(async () => {
    await signingKeys.maintain();
    await apiKeys.flush();
    await prune(sql, now(), dayMs);
  }, onError);

  return {
    sessions,
    accessTokens,
    signIns: new SignInGrants(sql, now),
    apiKeys,
    roles,
    signingKeys,
    hasher,
    throttle,
    feed,
    async start() {
      await signingKeys.maintain();
      await feed.start();
      const admin = await createFirstAdmin(sql, config.firstAdmin, hasher, now());
      if (admin !== null) deps.onFirstAdmin(admin);
      maintenance.start();
    },
    async stop() {
      maintenance.stop();
      await feed.stop();
      await apiKeys.flush().catch(onError);
      await throttle.close();
    },
  };
}

/** Repeats work at a fixed interval without keeping the process alive. */
class Maintenance {
  readonly #work: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(work: () => Promise<void>, onError: (error: unknown) => void) {
    this.#work = work;
    this.#onError = onError;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#work().catch(this.#onError), maintenanceMs);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
