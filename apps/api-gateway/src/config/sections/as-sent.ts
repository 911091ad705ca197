import { CartwayError } from "@libs/errors";
import { normalizePath, type PathRules } from "../../routing/normalize-path.ts";

/** A path, or a pattern, in normalised form, as routing sees paths; `null` if it has none. */
export function asSent(pattern: string, rules?: PathRules): string | null {
  try {
    return normalizePath(pattern.replaceAll(/[^\x21-\x7e]+/g, encodeURIComponent), rules);
  } catch (thrown) {
    if (thrown instanceof CartwayError) return null;
    throw thrown;
  }
}
