import { join } from "node:path";

/** A directory that holds `testvectors_v1` of github.com/C2SP/wycheproof; `null` where none is named. */
export const vectorDirectory = process.env["WYCHEPROOF_DIR"] ?? null;

export const wycheproofSuiteName =
  vectorDirectory === null
    ? "Wycheproof's JSON Web Signatures (set WYCHEPROOF_DIR to a checkout of C2SP/wycheproof to run it)"
    : "Wycheproof's JSON Web Signatures";

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
  readonly tests: readonly { tcId: number; comment: string; jws: string; result: string }[];
}

type Key = Readonly<Record<string, unknown>> & {
  readonly keys?: readonly Readonly<Record<string, unknown>>[];
};

export async function readVectors(file: string): Promise<readonly WycheproofCase[]> {
  if (vectorDirectory === null) throw new Error("WYCHEPROOF_DIR is not set");
  const { testGroups }: { readonly testGroups: readonly Group[] } = await Bun.file(
    join(vectorDirectory, "testvectors_v1", file),
  ).json();
  return testGroups.flatMap((group) => {
    const key = group.public ?? group.private;
    return group.tests.map(({ tcId, comment, jws, result }) => ({
      name: `${tcId} ${group.comment} ${comment}`,
      jws,
      isValid: result === "valid",
      keys: key.keys ?? [key],
    }));
  });
}
