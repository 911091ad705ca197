import { type JWK, SignJWT } from "jose";
import { lockChanges, recordChange } from "../changes/record-change.ts";
import type { Sql } from "@libs/database";
import { type KeyLookup, KeySet, type KeySource } from "../token/key-source.ts";
import type { KeyProtection } from "./key-protection.ts";
import {
  deleteSigningKeys,
  insertSigningKey,
  loadSigningKeys,
  type SigningAlgorithm,
  type SigningKey,
} from "./signing-key-store.ts";

export interface SigningKeysOptions {
  readonly sql: Sql;
  readonly protection: KeyProtection;
  readonly algorithm: SigningAlgorithm;
  readonly now: () => number;
  /** How long a key signs. */
  readonly rotationMs: number;
  /** How long before its first use a key is published, so that every verifier has it by then. */
  readonly publishAheadMs: number;
  /** How long a key stays published after its last use: the maximum lifetime of a token, plus clock skew. */
  readonly overlapMs: number;
}

/** The platform's signing keys: created on first start, stored, and rotated with overlaps before and after. */
export class SigningKeys implements KeySource {
  readonly #options: SigningKeysOptions;
  #keys: readonly SigningKey[] = [];
  #set = new KeySet([]);
  #generation = 0;
  /** Reads begun, and the latest one whose answer is in use. */
  #begun = 0;
  #used = 0;

  constructor(options: SigningKeysOptions) {
    this.#options = options;
  }

  get generation(): number {
    return this.#generation;
  }

  find(keyId: string | null): KeyLookup {
    const keys = keyId === null ? [] : this.#set.find(keyId);
    return keys.length > 0 ? { found: true, keys } : { found: false, reason: "unknown_key" };
  }

  /** The JWK Set to publish (RFC 7517). */
  jwks(): { readonly keys: readonly JWK[] } {
    return { keys: this.#keys.map((key) => key.publicJwk) };
  }

  /** Signs claims as a token of type `at+jwt` (RFC 9068). */
  async sign(claims: Readonly<Record<string, unknown>>): Promise<string> {
    const key = this.#signing();
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: key.algorithm, kid: key.keyId, typ: "at+jwt" })
      .sign(key.privateKey);
  }

  /** Creates the next key when due, deletes expired ones, and loads the current ones. */
  async maintain(): Promise<void> {
    await this.#options.sql.transaction(async (sql) => {
      await lockChanges(sql);
      const changed = await this.#rotate(sql, await loadSigningKeys(sql, this.#options.protection));
      if (changed) await this.#announce(sql);
    });
    await this.reload();
  }

  /** For emergencies: switches to a new key at once, which invalidates all tokens signed before. */
  async replaceAll(): Promise<void> {
    const { sql, protection, algorithm, now } = this.#options;
    await sql.transaction(async (inner) => {
      await lockChanges(inner);
      const keys = await loadSigningKeys(inner, protection);
      await deleteSigningKeys(
        inner,
        keys.map((key) => key.keyId),
      );
      await insertSigningKey(inner, protection, { algorithm, activeFrom: now() });
      await this.#announce(inner);
    });
    await this.reload();
  }

  async reload(): Promise<void> {
    this.#begun += 1;
    const turn = this.#begun;
    const keys = await loadSigningKeys(this.#options.sql, this.#options.protection);
    // overtaken by a later read: it may not know of a replacement yet
    if (turn < this.#used) return;
    this.#used = turn;
    const next = new KeySet(keys.map((key) => key.verificationKey));
    if (!next.includes(this.#set)) this.#generation += 1;
    this.#keys = keys;
    this.#set = next;
  }

  async #rotate(sql: Sql, keys: readonly SigningKey[]): Promise<boolean> {
    const { protection, algorithm, rotationMs, publishAheadMs, overlapMs } = this.#options;
    const now = this.#options.now();
    const newest = keys.at(-1);
    if (newest === undefined) {
      await insertSigningKey(sql, protection, { algorithm, activeFrom: now });
      return true;
    }
    const isDue = now >= newest.activeFrom + rotationMs - publishAheadMs;
    if (isDue) await insertSigningKey(sql, protection, { algorithm, activeFrom: now + publishAheadMs });
    const over = keys.filter((_, index) => {
      const successor = keys[index + 1];
      return successor !== undefined && now >= successor.activeFrom + overlapMs;
    });
    if (over.length > 0) {
      await deleteSigningKeys(
        sql,
        over.map((key) => key.keyId),
      );
    }
    return isDue || over.length > 0;
  }

  #announce(sql: Sql): Promise<void> {
    return recordChange(sql, { kind: "signing-keys", subject: "all", value: 0 }, this.#options.now());
  }

  #signing(): SigningKey {
    const now = this.#options.now();
    const key = this.#keys.findLast((candidate) => candidate.activeFrom <= now) ?? this.#keys[0];
    if (key === undefined) throw new Error("signing keys were not loaded: call maintain() first");
    return key;
  }
}
