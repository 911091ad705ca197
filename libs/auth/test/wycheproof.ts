import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { join } from "node:path";

/** A directory with `testvectors_v1` of github.com/C2SP/wycheproof; `null` if not set. */
export const vectorDirectory = process.env["WYCHEPROOF_DIR"] ?? null;

export const wycheproofSuiteName =
  vectorDirectory === null
    ? "Wycheproof's signatures (set WYCHEPROOF_DIR to a checkout of C2SP/wycheproof to run it)"
    : "Wycheproof's signatures";

export interface WycheproofCase {
  /** The number and comment of the case in its file. */
  readonly name: string;
  readonly jws: string;
  readonly isValid: boolean;
  /** The public keys or secrets of the case's group. */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

interface Group {
  readonly comment: string;
  readonly public?: Key;
  readonly private: Key;
  /** Some cases are encrypted, or serialized as JSON objects, which cannot be presented as a token. */
  readonly tests: readonly { tcId: number; comment: string; jws?: unknown; result: string }[];
}

type Key = Readonly<Record<string, unknown>> & {
  readonly keys?: readonly Readonly<Record<string, unknown>>[];
};

export async function readVectors(file: string): Promise<readonly WycheproofCase[]> {
  return (await readGroups<Group>(file)).flatMap((group) => {
    const key = group.public ?? group.private;
    return group.tests.flatMap(({ tcId, comment, jws, result }) => {
      const name = `${tcId} ${group.comment} ${comment}`;
      return typeof jws !== "string"
        ? []
        : [{ name, jws, isValid: result === "valid", keys: key.keys ?? [key] }];
    });
  });
}

/** A signature or authentication code over a message; everything but the key is in hex. */
export interface SignatureCase {
  readonly id: number;
  readonly message: string;
  readonly signature: string;
  readonly isValid: boolean;
  readonly key: KeyObject;
}

interface SignatureGroup {
  readonly publicKeyPem?: string;
  /** Of authentication codes, in bits. */
  readonly tagSize?: number;
  readonly tests: readonly {
    readonly tcId: number;
    readonly key?: string;
    readonly msg: string;
    readonly sig?: string;
    readonly tag?: string;
    readonly result: string;
  }[];
}

/** Without truncated authentication codes, which JWS does not have. */
export async function readSignatures(file: string): Promise<readonly SignatureCase[]> {
  const groups = (await readGroups<SignatureGroup>(file)).filter(
    ({ tagSize }) => tagSize === undefined || file.includes(`sha${tagSize}`),
  );
  return groups.flatMap(({ publicKeyPem, tests }) => {
    const shared = publicKeyPem === undefined ? null : createPublicKey(publicKeyPem);
    return tests.map(({ tcId, key, msg, sig, tag, result }) => ({
      id: tcId,
      message: msg,
      signature: sig ?? tag ?? "",
      isValid: result === "valid",
      key: shared ?? createSecretKey(Buffer.from(key ?? "", "hex")),
    }));
  });
}

async function readGroups<G>(file: string): Promise<readonly G[]> {
  if (vectorDirectory === null) throw new Error("WYCHEPROOF_DIR is not set");
  const { testGroups }: { readonly testGroups: readonly G[] } = await Bun.file(
    join(vectorDirectory, "testvectors_v1", file),
  ).json();
  return testGroups;
}
