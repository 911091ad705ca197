/** A forward step of a schema. MUST NOT change once released: later changes need a migration of their own. */
export interface Migration {
  /** `owner/0001-what-it-does`: unique; an owner's migrations are applied in the order of the list. */
  readonly id: string;
  /**
   * Any number of statements, applied atomically. Or a list of statements that are committed one by one, for those that must not keep a
   * table locked, such as `create index concurrently`: after an interruption it starts over with the first, so each MUST be repeatable.
   */
  readonly up: string | readonly string[];
  /**
   * Checksums of earlier texts, for a migration that MUST NOT run any more as it was. Where such a text was applied, it is not run again:
   * a later migration brings both to the same schema.
   */
  readonly formerly?: readonly string[];
}

export function statementsOf({ up }: Migration): readonly string[] {
  return typeof up === "string" ? [up] : up;
}

/** SHA-256 of the statements, recorded with the migration. */
export function migrationChecksum(migration: Migration): string {
  return new Bun.CryptoHasher("sha256").update(statementsOf(migration).join(";\n")).digest("hex");
}

/** Throws where an applied migration was modified: the schema would not be what the code expects. */
export function assertUnchanged(migration: Migration, recorded: string): void {
  if (recorded === migrationChecksum(migration) || migration.formerly?.includes(recorded) === true) return;
  throw new Error(
    `the migration ${migration.id} was changed after it had been applied: restore it and add a further migration`,
  );
}
