/** The recommendation requires support for 512 characters; twice that is a generous bound. */
const charsMax = 1024;
const membersMax = 32;

/** A member, `key=value` (W3C Trace Context, level 2, section 3.3.1.3): the value has no comma, equals sign or trailing space. */
const member =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * Returns the header unchanged where every member is well-formed and no key is repeated, else `null`: a malformed list is dropped as a
 * whole.
 */
export function keepTracestate(tracestate: string | null): string | null {
  if (tracestate === null || tracestate === "" || tracestate.length > charsMax) return null;
  const keys = new Set<string>();
  let members = 0;
  for (const part of tracestate.split(",")) {
    const text = part.replace(/^[ \t]+|[ \t]+$/g, "");
    // empty members are allowed: they result from joined headers
    if (text === "") continue;
    if (!member.test(text)) return null;
    keys.add(text.slice(0, text.indexOf("=")));
    members += 1;
  }
  return members > 0 && members <= membersMax && keys.size === members ? tracestate : null;
}
