import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { join } from "node:path";

/** A directory that holds `testvectors_v1` of github.com/C2SP/wycheproof; `null` where none is named. */
export const vectorDirectory = process.env["WYCHEPROOF_DIR"] ?? null;

export const wycheproofSuiteName =
  vectorDirectory === null
    ? "Wycheproof's signatures (set WYCHEPROOF_DIR to a checkout of C2SP/wycheproof to run it)"
    : "Wycheproof's signatures";

export interface WycheproofCase {
  /** The file's own comments and number of the case. */
  readonly name: string;
  readonly jws: string;
  readonly isValid: boolean;
  /** The public keys of the case's group, or its secrets. */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

interface Group {
  readonly comment: string;
  readonly public?: Key;
  readonly private: Key;
  /** Some are encrypted instead, or serialized as JSON, which is no text to present. */
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

/** A signature over bytes, or an authentication code of them. All in hex but for the key. */
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

/** Without the codes that are cut short, which no JWS has. */
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
