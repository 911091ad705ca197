/** One entry per byte, not 0 where the character is allowed. An index out of range gives `undefined`. */
export type ByteTable = Uint8Array;

/** Characters of field names and methods (RFC 9110, section 5.6.2). */
export const isTokenCode = tableOf(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);
/** Characters of field values (RFC 9110, section 5.5). */
export const isValueCode = tableOf(/[\t\x20-\x7e\x80-\xff]/);
/** Characters of a request target. */
export const isTargetCode = tableOf(/[!-~]/);
/** Characters of a URL that need no normalization: neither escapes nor dots, which can form dot segments. */
export const isPlainUrlCode = tableOf(/[\w\-~!$&()*+,;=:@/?]/);

function tableOf(pattern: RegExp): ByteTable {
  return Uint8Array.from({ length: 256 }, (_, code) => (pattern.test(String.fromCharCode(code)) ? 1 : 0));
}
