import { type IpWords, parseIp } from "./parse-ip.ts";

/** A network: the first `length` bits (0 to 128, IPv4 in mapped form) of `words`. */
interface Network {
  readonly words: IpWords;
  readonly length: number;
}

/**
 * Parses `10.0.0.0/8`, `2001:db8::/32`, or a single address. `null` for anything else, and where bits beyond the length are set: the
 * author must have meant another network.
 */
export function parseCidr(text: string): Network | null {
  const slash = text.indexOf("/");
  const address = slash === -1 ? text : text.slice(0, slash);
  const words = address.includes("%") ? null : parseIp(address);
  if (words === null) return null;
  const bits = address.includes(":") ? 128 : 32;
  const given = slash === -1 ? bits : parseLength(text.slice(slash + 1));
  if (given === null || given > bits) return null;
  const length = given + 128 - bits;
  for (let bit = length; bit < 128; bit += 1) if (bitAt(words, bit) === 1) return null;
  return { words, length };
}

/** A set of networks as a binary trie over address bits: the cost of a look-up does not depend on the number of networks. */
export class CidrSet {
  /** Two children per node; 0 for none, -1 for a network that ends here. */
  readonly #children: number[] = [0, 0];
  #everything = false;

  /** Throws a `RangeError` that names the first invalid text. */
  constructor(networks: readonly string[]) {
    for (const text of networks) {
      const network = parseCidr(text);
      if (network === null) throw new RangeError(`${text} is not a network in CIDR form`);
      this.#add(network);
    }
  }

  has(address: IpWords): boolean {
    if (this.#everything) return true;
    let node = 0;
    for (let bit = 0; bit < 128; bit += 1) {
      const child = this.#children[node * 2 + bitAt(address, bit)] ?? 0;
      if (child === -1) return true;
      if (child === 0) return false;
      node = child;
    }
    return false;
  }

  #add({ words, length }: Network): void {
    if (length === 0) {
      this.#everything = true;
      return;
    }
    let node = 0;
    for (let bit = 0; bit < length; bit += 1) {
      const slot = node * 2 + bitAt(words, bit);
      const child = this.#children[slot] ?? 0;
      if (child === -1) return;
      if (bit === length - 1) {
        this.#children[slot] = -1;
      } else if (child === 0) {
        node = this.#children.length / 2;
        this.#children[slot] = node;
        this.#children.push(0, 0);
      } else {
        node = child;
      }
    }
  }
}

function parseLength(text: string): number | null {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) ? Number(text) : null;
}

function bitAt(words: IpWords, bit: number): 0 | 1 {
  const word = words[bit >>> 5] ?? 0;
  return ((word >>> (31 - (bit & 31))) & 1) === 1 ? 1 : 0;
}
