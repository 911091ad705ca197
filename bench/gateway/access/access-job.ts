import { createHmac, createSign, generateKeyPairSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { startRedis } from "@libs/testing";
import { withDirectory } from "../run-process.ts";

export type AccessAlgorithm = "RS256" | "HS256";

export function isAccessAlgorithm(name: string): name is AccessAlgorithm {
  return name === "RS256" || name === "HS256";
}

export interface Limit {
  readonly requests: number;
  readonly windowMs: number;
}

/**
 * The job that every peer does: a bearer token in `Authorization` must have a valid signature by `algorithm`, `iss`, `aud` and `exp`
 * (else 401), at most `limit` requests per `sub` (else 429), the service gets the subject in `x-user-id`, but not the token.
 * No peer adds headers that describe the limit.
 */
export interface AccessJob {
  readonly algorithm: AccessAlgorithm;
  readonly issuer: string;
  readonly audience: string;
  /** PEM for RS256, the secret for HS256. */
  readonly keyFile: string;
  readonly limit: Limit;
  /** One per user. */
  readonly tokens: readonly string[];
  /** A token with the claims of the first user, except for these. */
  sign(claims: Readonly<Record<string, unknown>>): string;
  /** `null` where there is no Redis on this machine. */
  readonly redisUrl: string | null;
}

const issuer = "https://id.shop.example";
const audience = "cartway";
/** High enough that no user of a run reaches it. */
const limit: Limit = { requests: 1_000_000, windowMs: 60_000 };
const lifetimeSeconds = 3600;

/** The job with its own keys, tokens and Redis, removed when the work is done. */
export async function withAccessJob(
  { algorithm, users }: { readonly algorithm: AccessAlgorithm; readonly users: number },
  work: (job: AccessJob) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const { keyFile, signInput } = await makeKeys(algorithm, directory);
    const expiry = Math.floor(Date.now() / 1000) + lifetimeSeconds;
    const sign = (claims: Readonly<Record<string, unknown>>): string => {
      const header = encode({ alg: algorithm, typ: "JWT" });
      const payload = {
        iss: issuer,
        aud: audience,
        sub: "user-0",
        exp: expiry,
        scope: "cart:read",
        ...claims,
      };
      const input = `${header}.${encode(payload)}`;
      return `${input}.${signInput(input)}`;
    };
    const tokens = Array.from({ length: users }, (_, index) => sign({ sub: `user-${index}` }));
    const redis = await startRedis({ directory, durable: false });
    try {
      await work({ algorithm, issuer, audience, keyFile, limit, tokens, sign, redisUrl: redis?.url ?? null });
    } finally {
      redis?.process.kill("SIGTERM");
      await redis?.process.exited;
    }
  });
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

async function makeKeys(algorithm: AccessAlgorithm, directory: string) {
  const keyFile = join(directory, "verification-key");
  if (algorithm === "HS256") {
    const secret = randomBytes(32).toString("hex");
    await Bun.write(keyFile, secret);
    const signInput = (input: string): string =>
      createHmac("sha256", secret).update(input).digest("base64url");
    return { keyFile, signInput };
  }
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await Bun.write(keyFile, publicKey.export({ type: "spki", format: "pem" }));
  const signInput = (input: string): string =>
    createSign("sha256").update(input).sign(privateKey).toString("base64url");
  return { keyFile, signInput };
}
