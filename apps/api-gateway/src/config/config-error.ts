import type { LocatedIssue } from "./load-document.ts";

/** A config that cannot be used, with everything that is wrong with it. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly issues: readonly LocatedIssue[];

  constructor(file: string, issues: readonly LocatedIssue[]) {
    super(issues.map((issue) => formatIssue(issue.file ?? file, issue)).join("\n"));
    this.issues = issues;
  }
}

/** `gateway.yaml:12: /routes/0/service: the service "x" does not exist (expected one of a, b; did you mean a?)` */
export function formatIssue(
  file: string,
  { line, path, message, expected, suggestion }: LocatedIssue,
): string {
  const place = line === null ? file : `${file}:${line}`;
  const hints = [
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(suggestion === undefined ? [] : [`did you mean ${suggestion}?`]),
  ];
  return `${place}: ${path === "" ? "" : `${path}: `}${message}${hints.length === 0 ? "" : ` (${hints.join("; ")})`}`;
}
