import { isSensitiveKey } from "@libs/monitoring";

/** A URL, or a text with URLs, with `mark` in place of what query parameters named like secrets carry. */
export function withholdParameters(text: string, mark: string): string {
  return text.replaceAll(/([?&]([^=&#\s]+)=)[^&#\s]+/g, (pair, before: string, name: string) =>
    isSensitiveKey(name) ? `${before}${mark}` : pair,
  );
}
