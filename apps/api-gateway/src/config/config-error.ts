import type { LocatedIssue } from "./document/config-document.ts";

/** An unusable config, with all of its issues in the order of their lines. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly file: string;
  readonly issues: readonly LocatedIssue[];

  constructor(file: string, issues: readonly LocatedIssue[]) {
    const isOverlaid = (issue: LocatedIssue) => Number(issue.file !== undefined && issue.file !== file);
    const inOrder = issues.toSorted(
      (one, other) =>
        isOverlaid(one) - isOverlaid(other) ||
        (one.line ?? 0) - (other.line ?? 0) ||
        (one.column ?? 0) - (other.column ?? 0),
    );
    super(inOrder.map((issue) => formatIssue(issue.file ?? file, issue)).join("\n"));
    this.file = file;
    this.issues = inOrder;
  }
}

/** `gateway.yaml:12:5: /routes/0/service: the service "x" does not exist (expected one of a, b; did you mean a?)` */
function formatIssue(file: string, issue: LocatedIssue): string {
  const { line, column, path, message, expected, suggestion } = issue;
  const place = [file, line, column].filter((part) => part !== null).join(":");
  const hints = [
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(suggestion === undefined ? [] : [`did you mean ${suggestion}?`]),
  ];
  return `${place}: ${path === "" ? "" : `${path}: `}${message}${hints.length === 0 ? "" : ` (${hints.join("; ")})`}`;
}
