/**
 * An address as four 32-bit words, IPv4 in mapped form (`::ffff:a.b.c.d`, RFC 4291, section 2.5.5.2): equal addresses have equal words,
 * however they were written.
 */
export type IpWords = readonly [number, number, number, number];

const mappedWord = 0xffff;
const ipv4Part = /^(?:0|[1-9]\d{0,2})$/;
const ipv6Part = /^[0-9a-f]{1,4}$/i;
const zonePattern = /^[\da-z.:-]+$/i;

/**
 * Strict: IPv4 has four decimal numbers without leading zeros (which some parsers read as octal); IPv6 follows RFC 4291, and may have an
 * IPv4 tail and a zone. `null` for anything else.
 */
export function parseIp(text: string): IpWords | null {
  if (!text.includes(":")) {
    const word = parseIpv4(text);
    return word === null ? null : [0, 0, mappedWord, word];
  }
  const zone = text.indexOf("%");
  if (zone === -1) return parseIpv6(text);
  return zonePattern.test(text.slice(zone + 1)) ? parseIpv6(text.slice(0, zone)) : null;
}

export function isIpv4(words: IpWords): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === mappedWord;
}

function parseIpv4(text: string): number | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let word = 0;
  for (const part of parts) {
    const value = ipv4Part.test(part) ? Number(part) : 256;
    if (value > 255) return null;
    word = word * 256 + value;
  }
  return word;
}

function parseIpv6(text: string): IpWords | null {
  if (text.length > 45) return null;
  const gap = text.indexOf("::");
  if (gap !== text.lastIndexOf("::") || text.includes(":::")) return null;
  const head = gap === -1 ? parseGroups(text, true) : parseGroups(text.slice(0, gap), false);
  const tail = gap === -1 ? [] : parseGroups(text.slice(gap + 2), true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (gap === -1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  const word = (index: number): number => (groups[index] ?? 0) * 0x10000 + (groups[index + 1] ?? 0);
  return [word(0), word(2), word(4), word(6)];
}

/** Parses groups of 16 bits; the last one at the end of an address may be an IPv4 address, which counts as two. */
function parseGroups(text: string, isEnd: boolean): number[] | null {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (isEnd && index === parts.length - 1 && part.includes(".")) {
      const word = parseIpv4(part);
      if (word === null) return null;
      groups.push(Math.floor(word / 0x10000), word % 0x10000);
    } else if (ipv6Part.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return null;
    }
  }
  return groups;
}
