/** `CWJ1`, bytes of the text, CRC-32 of the text, the text in UTF-8: a journal is these, one after another, then zeros. */
const magic = 0x43574a31;
const headerBytes = 12;

export function encodeRecord(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const record = Buffer.allocUnsafe(headerBytes + bytes);
  record.writeUInt32BE(magic, 0);
  record.writeUInt32BE(bytes, 4);
  record.write(text, headerBytes);
  record.writeUInt32BE(Bun.hash.crc32(record.subarray(headerBytes)), 8);
  return record;
}

export interface DecodedRecords {
  readonly texts: readonly string[];
  /**
   * Where a whole record stands behind one that cannot be read: what was acknowledged is damaged. `null` where none does: a
   * record that was being written when the process ended was never acknowledged, and nothing was written behind it.
   */
  readonly damagedAt: number | null;
}

export function decodeRecords(bytes: Buffer): DecodedRecords {
  const texts: string[] = [];
  let at = 0;
  for (let text = readRecord(bytes, at); text !== null; text = readRecord(bytes, at)) {
    texts.push(text.toString());
    at += headerBytes + text.length;
  }
  return { texts, damagedAt: findRecord(bytes, at) === null ? null : at };
}

/** The text's bytes, or `null` where no whole record stands there. */
function readRecord(bytes: Buffer, at: number): Buffer | null {
  if (at + headerBytes > bytes.length || bytes.readUInt32BE(at) !== magic) return null;
  const end = at + headerBytes + bytes.readUInt32BE(at + 4);
  if (end > bytes.length) return null;
  const text = bytes.subarray(at + headerBytes, end);
  return Bun.hash.crc32(text) === bytes.readUInt32BE(at + 8) ? text : null;
}

function findRecord(bytes: Buffer, from: number): number | null {
  const mark = Buffer.alloc(4);
  mark.writeUInt32BE(magic, 0);
  for (let at = bytes.indexOf(mark, from); at !== -1; at = bytes.indexOf(mark, at + 1)) {
    if (readRecord(bytes, at) !== null) return at;
  }
  return null;
}
