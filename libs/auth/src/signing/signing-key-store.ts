import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { calculateJwkThumbprint, type JWK } from "jose";
import type { Sql } from "@libs/database";
import { importPublicJwk, type VerificationKey } from "../token/verification-key.ts";
import type { KeyProtection } from "./key-protection.ts";

export type SigningAlgorithm = "EdDSA" | "ES256";

export interface SigningKey {
  readonly keyId: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicJwk: JWK;
  readonly verificationKey: VerificationKey;
  readonly privateKey: KeyObject;
  /** When it starts to sign, in milliseconds since the epoch. */
  readonly activeFrom: number;
}

interface KeyRow {
  readonly key_id: string;
  readonly algorithm: SigningAlgorithm;
  readonly public_jwk: JWK;
  readonly private_key: string;
  readonly active_from: Date;
}

/** All keys, oldest first. Unencrypted keys are sealed on the way if a secret is configured. */
export async function loadSigningKeys(sql: Sql, protection: KeyProtection): Promise<readonly SigningKey[]> {
  const rows = await sql.query<KeyRow>(
    "select key_id, algorithm, public_jwk, private_key, active_from from auth_signing_keys order by active_from, key_id",
  );
  for (const row of rows) {
    if (!protection.shouldReseal(row.private_key)) continue;
    await sql.query("update auth_signing_keys set private_key = $2 where key_id = $1", [
      row.key_id,
      protection.seal(row.private_key, row.key_id),
    ]);
  }
  return rows.map((row) => toSigningKey(row, protection));
}

export async function insertSigningKey(
  sql: Sql,
  protection: KeyProtection,
  key: { readonly algorithm: SigningAlgorithm; readonly activeFrom: number },
): Promise<void> {
  const pair = generate(key.algorithm);
  const jwk: JWK = { ...pair.publicKey.export({ format: "jwk" }), alg: key.algorithm, use: "sig" };
  const keyId = await calculateJwkThumbprint(jwk);
  const pem = pair.privateKey.export({ type: "pkcs8", format: "pem" });
  await sql.query(
    `insert into auth_signing_keys (key_id, algorithm, public_jwk, private_key, active_from) values ($1, $2, $3, $4, $5)`,
    [
      keyId,
      key.algorithm,
      JSON.stringify({ ...jwk, kid: keyId }),
      protection.seal(pem, keyId),
      new Date(key.activeFrom),
    ],
  );
}

export async function deleteSigningKeys(sql: Sql, keyIds: readonly string[]): Promise<void> {
  await sql.query("delete from auth_signing_keys where key_id = any($1)", [keyIds]);
}

function generate(algorithm: SigningAlgorithm) {
  return algorithm === "EdDSA"
    ? generateKeyPairSync("ed25519")
    : generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function toSigningKey(row: KeyRow, protection: KeyProtection): SigningKey {
  const verificationKey = importPublicJwk({ ...row.public_jwk }, [row.algorithm]);
  if (verificationKey === null) throw new Error(`the stored signing key ${row.key_id} is not usable`);
  return {
    keyId: row.key_id,
    algorithm: row.algorithm,
    publicJwk: row.public_jwk,
    verificationKey,
    privateKey: createPrivateKey(protection.open(row.private_key, row.key_id)),
    activeFrom: row.active_from.getTime(),
  };
}
