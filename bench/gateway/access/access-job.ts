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
 * The job that every peer does alike: a bearer token in `Authorization` whose signature by `algorithm`, `iss`, `aud` and `exp`
 * hold (else 401), at most `limit` requests a `sub` (else 429), the subject to the service in `x-user-id`, the token not.
 * Nobody adds headers that tell the limit.
 */
export interface AccessJob {
  readonly algorithm: AccessAlgorithm;
  readonly issuer: string;
  readonly audience: string;
  /** PEM for RS256, the secret for HS256. */
  readonly keyFile: string;
  readonly limit: Limit;
  /** One a user. */
  readonly tokens: readonly string[];
  /** A token whose claims are those of the first user's, but for these. */
  sign(claims: Readonly<Record<string, unknown>>): string;
  /** `null` where there is no Redis here. */
  readonly redisUrl: string | null;
}

const issuer = "https://id.shop.example";
const audience = "cartway";
/** High enough that no user of a run meets it. */
const limit: Limit = { requests: 1_000_000, windowMs: 60_000 };
const lifetimeSeconds = 3600;

/** The job with keys, tokens and a Redis of its own, gone when the work is done. */
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
