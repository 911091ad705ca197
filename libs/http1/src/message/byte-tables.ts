/** One entry a byte: not 0 where the character may stand. Past the end of a text, or of the table, the lookup gives `undefined`. */
export type ByteTable = Uint8Array;

/** What names of fields and methods are made of (RFC 9110, section 5.6.2). */
export const isTokenCode = tableOf(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);
/** What stands in the value of a field (RFC 9110, section 5.5). */
export const isValueCode = tableOf(/[\t\x20-\x7e\x80-\xff]/);
/** What the target of a request is made of. */
export const isTargetCode = tableOf(/[!-~]/);
/** What stands in a URL as it is, and is neither an escape nor a dot, which may be more than they look. */
export const isPlainUrlCode = tableOf(/[\w\-~!$&()*+,;=:@/?]/);

function tableOf(pattern: RegExp): ByteTable {
  return Uint8Array.from({ length: 256 }, (_, code) => (pattern.test(String.fromCharCode(code)) ? 1 : 0));
}
