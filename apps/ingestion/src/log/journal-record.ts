/**
 * `CWJ2`, byte length of the text, CRC-32 of the text seeded with the file's number, the text in UTF-8: a journal is a sequence of
 * these. Behind them are zeros, or records of the file under an earlier number, whose CRC does not match.
 */
const magic = 0x43574a32;
/** `CWJ1`: its CRC is seeded with 0, and its files were not reused. */
const formerMagic = 0x43574a31;
const mark = "CWJ";
const headerBytes = 12;

/** The size of a text's record. */
export function recordBytes(text: string): number {
  return headerBytes + Buffer.byteLength(text);
}

export function encodeRecord(text: string, fileNumber: number): Buffer {
  const record = Buffer.allocUnsafe(recordBytes(text));
  record.writeUInt32BE(magic, 0);
  record.writeUInt32BE(record.length - headerBytes, 4);
  record.write(text, headerBytes);
  record.writeUInt32BE(checksum(record.subarray(headerBytes), fileNumber), 8);
  return record;
}

export interface DecodedRecords {
  readonly texts: readonly string[];
  /**
   * Set where a whole record follows one that cannot be read: acknowledged data is damaged. `null` where none follows: a
   * record that was being written when the process ended was never acknowledged, and nothing was written behind it.
   */
  readonly damagedAt: number | null;
}

export function decodeRecords(bytes: Buffer, fileNumber: number): DecodedRecords {
  const texts: string[] = [];
  let at = 0;
  for (
    let text = readRecord(bytes, at, fileNumber);
    text !== null;
    text = readRecord(bytes, at, fileNumber)
  ) {
    texts.push(text.toString());
    at += headerBytes + text.length;
  }
  return { texts, damagedAt: findRecord(bytes, at, fileNumber) === null ? null : at };
}

/** The text's bytes, or `null` where there is no whole record of the file. */
function readRecord(bytes: Buffer, at: number, fileNumber: number): Buffer | null {
  if (at + headerBytes > bytes.length) return null;
  const found = bytes.readUInt32BE(at);
  if (found !== magic && found !== formerMagic) return null;
  const end = at + headerBytes + bytes.readUInt32BE(at + 4);
  if (end > bytes.length) return null;
  const text = bytes.subarray(at + headerBytes, end);
  return checksum(text, found === magic ? fileNumber : 0) === bytes.readUInt32BE(at + 8) ? text : null;
}

function findRecord(bytes: Buffer, from: number, fileNumber: number): number | null {
  for (let at = bytes.indexOf(mark, from); at !== -1; at = bytes.indexOf(mark, at + 1)) {
    if (readRecord(bytes, at, fileNumber) !== null) return at;
  }
  return null;
}

/** The same text has a different CRC in every file. */
function checksum(text: Buffer, fileNumber: number): number {
  return Bun.hash.crc32(text, fileNumber >>> 0);
}
