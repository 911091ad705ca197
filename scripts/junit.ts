/** What a JUnit report of `bun test` says: the real counts, and by name what failed and what was skipped. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

/** Reads the report by its `testcase` elements, not its totals, so that what is counted is what is listed. */
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
