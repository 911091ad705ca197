/** The recommendation asks for 512 characters at least; more than twice that is no vendor's data any more. */
const charsMax = 1024;
const membersMax = 32;

/** `key=value` of W3C Trace Context, level 2, section 3.3.1.3: no comma and no equals sign in the value, no space at its end. */
const member =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * The header as it came where every member of it is well formed and no key stands twice, else `null`: a broken list is nobody's
 * data, and nothing of it is passed on.
 */
export function keepTracestate(tracestate: string | null): string | null {
  if (tracestate === null || tracestate === "" || tracestate.length > charsMax) return null;
  const keys = new Set<string>();
  let members = 0;
  for (const part of tracestate.split(",")) {
    const text = part.replace(/^[ \t]+|[ \t]+$/g, "");
    // Empty members are allowed: they come from headers that were joined.
    if (text === "") continue;
    if (!member.test(text)) return null;
    keys.add(text.slice(0, text.indexOf("=")));
    members += 1;
  }
  return members > 0 && members <= membersMax && keys.size === members ? tracestate : null;
}
