/** One forward step of a schema. Once released it MUST NOT change: a further step changes what it made. */
export interface Migration {
  /** `owner/0001-what-it-does`: unique, and within one owner applied in the order of the list. */
  readonly id: string;
  /**
   * Any number of statements, which count together or not at all. Or a list of single statements that each count by themselves, for what
   * must keep no table locked meanwhile, such as `create index concurrently`: what was broken off is done again from the first
   * of them, which MUST come to the same.
   */
  readonly up: string | readonly string[];
  /**
   * Checksums of what it read before, for one that MUST not be run any more as it was. Where such a text was applied nothing is
   * done again: a further migration brings both to the same schema.
   */
  readonly formerly?: readonly string[];
}

export function statementsOf({ up }: Migration): readonly string[] {
  return typeof up === "string" ? [up] : up;
}

/** SHA-256 of the statements, as recorded when they were applied. */
export function migrationChecksum(migration: Migration): string {
  return new Bun.CryptoHasher("sha256").update(statementsOf(migration).join(";\n")).digest("hex");
}

/** Throws where a migration that was applied reads differently now: the schema is not what the code believes. */
export function assertUnchanged(migration: Migration, recorded: string): void {
  if (recorded === migrationChecksum(migration) || migration.formerly?.includes(recorded) === true) return;
  throw new Error(
    `the migration ${migration.id} was changed after it had been applied: restore it and add a further migration`,
  );
}
