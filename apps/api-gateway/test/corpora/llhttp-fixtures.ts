import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The checkout of github.com/nodejs/llhttp that LLHTTP_DIR names; what of it is read is never copied here. */
const checkout = process.env["LLHTTP_DIR"];

export const hasLlhttp = checkout !== undefined;
/** For the name of a suite. */
export const llhttpHint = hasLlhttp ? "" : " (set LLHTTP_DIR to a checkout of nodejs/llhttp to run them)";

export interface Fixture {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  /** By llhttp in its strict mode. */
  readonly isRefused: boolean;
}

function fixturesOf(directory: string, file: string): Fixture[] {
  const fixtures: Fixture[] = [];
  let title = "";
  const pattern =
    /^#+ (?<title>.+)$|<!-- meta=(?<meta>\{.*\}) -->\n```http\n(?<http>[\s\S]*?)```\n\n```log\n(?<log>[\s\S]*?)```/gm;
  for (const { groups } of readFileSync(join(directory, file), "utf8").matchAll(pattern)) {
    if (groups?.["title"] !== undefined) title = groups["title"];
    const { meta, http, log } = groups ?? {};
    if (meta === undefined || http === undefined || log === undefined) continue;
    const { type, skip } = JSON.parse(meta) as { type: string; skip?: boolean };
    if (skip === true) continue;
    fixtures.push({
      name: `${file.replace(".md", "")}: ${title} (${type})`,
      title,
      text: bytesOf(http),
      isRefused: type.includes("lenient") || /error code=(?!21|22|23)/.test(log),
    });
  }
  return fixtures;
}

/** The notation of llhttp's fixtures (its test/md-test.ts). */
function bytesOf(notation: string): string {
  return notation
    .replace(/\n$/, "")
    .replace(/\\\n/g, "")
    .replace(/\n/g, "\r\n")
    .replaceAll("\\r", "\r")
    .replaceAll("\\n", "\n")
    .replaceAll("\\t", "\t")
    .replaceAll("\\f", "\f")
    .replace(/\\x([0-9a-fA-F]+)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\([0-7]{1,3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** All of `test/request` or `test/response`; none where there is no checkout. */
export function llhttpFixtures(kind: "request" | "response"): readonly Fixture[] {
  if (checkout === undefined) return [];
  const directory = join(checkout, "test", kind);
  const files = readdirSync(directory).filter((file) => file.endsWith(".md"));
  return files.toSorted().flatMap((file) => fixturesOf(directory, file));
}
