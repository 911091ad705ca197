/** The contents of a JUnit report of `bun test`: actual counts, and the names of failed and skipped tests. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

/** Counts the report's `testcase` elements, not its totals, so that the count matches the listed tests. */
export function readJunit(xml: string): TestCounts {
  let passed = 0;
  const failed: string[] = [];
  const skipped: string[] = [];
  for (const match of xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const [, attributes = "", content = ""] = match;
    const name = `${attribute(attributes, "file")}: ${attribute(attributes, "classname")} › ${attribute(attributes, "name")}`;
    if (/<(failure|error)\b/.test(content)) failed.push(name);
    else if (/<skipped\b/.test(content)) skipped.push(name);
    else passed += 1;
  }
  return { passed, failed, skipped };
}

function attribute(attributes: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  return value
    .replaceAll("&gt;", ">")
    .replaceAll("&lt;", "<")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
