import { listedNames } from "@libs/http1";
import type { HeaderList } from "../model/http/header-list.ts";

/** Adds field names to `Vary` where it does not name them already, or everything (RFC 9110, section 12.5.5). */
export function addVary(headers: HeaderList, ...names: readonly string[]): void {
  const named = headers.getAll("vary").flatMap(listedNames);
  if (named.includes("*")) return;
  const missing = names.filter((name) => !named.includes(name.toLowerCase()));
  if (missing.length > 0) headers.append("vary", missing.join(", "));
}
