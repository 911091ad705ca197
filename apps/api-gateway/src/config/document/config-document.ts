import type { ConfigIssue } from "../../model/config/config-issue.ts";

/** Both start at 1; `null` if the file has no lines, or only the line is known. */
export interface Position {
  readonly line: number | null;
  readonly column: number | null;
}

export const nowhere: Position = { line: null, column: null };

/** A parsed config file: its value, and the position of each part. */
export interface ConfigDocument {
  readonly file: string;
  readonly value: unknown;
  /** The problems that prevent parsing. */
  readonly issues: readonly LocatedIssue[];
  /** The position of a JSON Pointer's part, or of the nearest one around it; none for TypeScript files. */
  positionOf(path: string): Position;
}

export interface PlaceOfIssue extends Position {
  /** Set if the position is in an overlay, or in a module that is imported, instead of the requested file. */
  readonly file?: string;
}

export interface LocatedIssue extends ConfigIssue, PlaceOfIssue {}

export type Reason = Pick<LocatedIssue, "message" | "expected">;

/** A file without a value, for one reason. */
export function unusable(
  file: string,
  { message, expected }: Reason,
  place: PlaceOfIssue = nowhere,
): ConfigDocument {
  const issue = { path: "", message, ...place, ...(expected === undefined ? {} : { expected }) };
  return { file, value: null, issues: [issue], positionOf: () => nowhere };
}
