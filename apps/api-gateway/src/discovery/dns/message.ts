/** DNS messages as far as finding targets needs them: RFC 1035, with SRV (RFC 2782), AAAA (RFC 3596) and EDNS(0) (RFC 6891). */
export const recordTypes = { A: 1, CNAME: 5, SOA: 6, AAAA: 28, SRV: 33 } as const;

export type DnsRecord =
  | { readonly type: "address"; readonly name: string; readonly ttl: number; readonly address: string }
  | { readonly type: "cname"; readonly name: string; readonly ttl: number; readonly target: string }
  | {
      readonly type: "srv";
      readonly name: string;
      readonly ttl: number;
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  /** `negativeTtl`: how long the absence of a record may be cached (RFC 2308). */
  | { readonly type: "soa"; readonly name: string; readonly ttl: number; readonly negativeTtl: number };

export interface DnsMessage {
  readonly id: number;
  readonly isResponse: boolean;
  readonly isTruncated: boolean;
  readonly rcode: number;
  readonly question: { readonly name: string; readonly type: number } | null;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
}

/** RFC 1035, section 2.3.4. */
const nameBytesMax = 255;
/** Largest UDP answer requested: not fragmented on usual paths. */
const udpBytesMax = 1232;

export function encodeQuery(id: number, name: string, type: number): Uint8Array {
  const labels = name.replace(/\.$/, "").split(".");
  const bytes = [id >> 8, id & 255, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1];
  for (const label of labels) {
    const encoded = new TextEncoder().encode(label);
    if (encoded.length === 0 || encoded.length > 63) throw new Error(`${name} is not a DNS name`);
    bytes.push(encoded.length, ...encoded);
  }
  bytes.push(0, type >> 8, type & 255, 0, 1);
  // OPT: the root's name, type 41, our size, no flags, no data.
  bytes.push(0, 0, 41, udpBytesMax >> 8, udpBytesMax & 255, 0, 0, 0, 0, 0, 0);
  return Uint8Array.from(bytes);
}

/** A message that says it is truncated has no records here: it may end anywhere. @throws Error for one that ends early, or a compression loop */
export function decodeMessage(bytes: Uint8Array): DnsMessage {
  const reader = new Reader(bytes);
  const id = reader.uint16();
  const flags = reader.uint16();
  const counts = [reader.uint16(), reader.uint16(), reader.uint16()] as const;
  // the count of the additional section, which is not read
  reader.skip(2);
  let question: DnsMessage["question"] = null;
  for (let index = 0; index < counts[0]; index += 1) {
    question = { name: reader.name(), type: reader.uint16() };
    reader.skip(2);
  }
  const isTruncated = (flags & 0x0200) !== 0;
  return {
    id,
    isResponse: (flags & 0x8000) !== 0,
    isTruncated,
    rcode: flags & 0x000f,
    question,
    answers: isTruncated ? [] : readRecords(reader, counts[1]),
    authorities: isTruncated ? [] : readRecords(reader, counts[2]),
  };
}

function readRecords(reader: Reader, count: number): DnsRecord[] {
  const records: DnsRecord[] = [];
  for (let index = 0; index < count; index += 1) {
    const record = readRecord(reader);
    if (record !== null) records.push(record);
  }
  return records;
}

function readRecord(reader: Reader): DnsRecord | null {
  const name = reader.name();
  const type = reader.uint16();
  reader.skip(2);
  const ttl = reader.uint32();
  const end = reader.uint16() + reader.at;
  const record = readData(reader, { name, type, ttl, end });
  reader.at = end;
  return record;
}

interface RecordHead {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  readonly end: number;
}

function readData(reader: Reader, { name, type, ttl, end }: RecordHead): DnsRecord | null {
  const { A, AAAA, CNAME, SRV, SOA } = recordTypes;
  if (type === A) return { type: "address", name, ttl, address: reader.take(4).join(".") };
  if (type === AAAA) return { type: "address", name, ttl, address: ipv6Of(reader.take(16)) };
  if (type === CNAME) return { type: "cname", name, ttl, target: reader.name() };
  if (type === SRV) {
    const [priority, weight, port] = [reader.uint16(), reader.uint16(), reader.uint16()];
    return { type: "srv", name, ttl, priority, weight, port, target: reader.name() };
  }
  if (type !== SOA) return null;
  reader.at = end - 4;
  return { type: "soa", name, ttl, negativeTtl: Math.min(ttl, reader.uint32()) };
}

/** The longest run of zeros is not shortened: it is an address to connect to, and one to compare. */
function ipv6Of(bytes: Uint8Array): string {
  const groups: string[] = [];
  for (let index = 0; index < 16; index += 2)
    groups.push((((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)).toString(16));
  return groups.join(":");
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(count: number): Uint8Array {
    if (this.at + count > this.#bytes.length) throw new Error("the DNS message is truncated");
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }

  skip(count: number): void {
    this.take(count);
  }

  uint16(): number {
    const [high = 0, low = 0] = this.take(2);
    return (high << 8) | low;
  }

  uint32(): number {
    return this.uint16() * 0x10000 + this.uint16();
  }

  /** A name, lower case, without the last dot. Pointers lead backwards only, so that they end. */
  name(): string {
    const labels: string[] = [];
    let bytes = 1;
    let returnTo = -1;
    let limit = this.at;
    for (;;) {
      const [length = 0] = this.take(1);
      if (length === 0) break;
      if (length < 64) {
        bytes += length + 1;
        if (bytes > nameBytesMax) throw new Error("the DNS message contains an invalid name");
        labels.push(new TextDecoder("latin1").decode(this.take(length)));
        continue;
      }
      const target = ((length & 0x3f) << 8) | (this.take(1)[0] ?? 0);
      if (length < 192 || target >= limit) throw new Error("the DNS message contains an invalid name");
      if (returnTo < 0) returnTo = this.at;
      limit = target;
      this.at = target;
    }
    if (returnTo >= 0) this.at = returnTo;
    return labels.join(".").toLowerCase();
  }
}
