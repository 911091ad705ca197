/** A request as the strictest reader of RFC 9112 understands it. */
export interface StrictRequest {
  readonly target: string;
  /** Names in lower case, with repetitions. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly bodyBytes: number;
}

export interface ReadRequests {
  readonly requests: readonly StrictRequest[];
  /** The incomplete last request. */
  readonly rest: Buffer;
}

const requestLine = /^[A-Z]+ (\/[\x21\x22\x24-\x7e]*) HTTP\/1\.1$/;
const fieldLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;

/**
 * Parses consecutive requests, and throws for everything ambiguous. Written independently for tests, so that the gateway's own parser is
 * not its judge.
 */
export function readRequests(bytes: Buffer): ReadRequests {
  const requests: StrictRequest[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) return { requests, rest };
    const { target, fields } = readHead(rest.subarray(0, end).toString("latin1"));
    const body = readBody(fields, rest.subarray(end + 4));
    if (body === null) return { requests, rest };
    requests.push({ target, fields, bodyBytes: body.bytes });
    rest = rest.subarray(end + 4 + body.consumed);
  }
}

function readHead(head: string): Pick<StrictRequest, "target" | "fields"> {
  const [first = "", ...lines] = head.split("\r\n");
  const target = requestLine.exec(first)?.[1];
  if (target === undefined) throw new Error(`no request line: ${JSON.stringify(first)}`);
  const fields = lines.map((line) => {
    const [, name, value] = fieldLine.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no field: ${JSON.stringify(line)}`);
    return [name.toLowerCase(), value] as const;
  });
  return { target, fields };
}

function readBody(
  fields: StrictRequest["fields"],
  bytes: Buffer,
): { readonly bytes: number; readonly consumed: number } | null {
  const lengths = fields.filter(([name]) => name === "content-length");
  const codings = fields.filter(([name]) => name === "transfer-encoding");
  if (lengths.length + codings.length > 1) throw new Error("framed twice");
  if (codings.length > 0) {
    if (codings[0]?.[1] !== "chunked") throw new Error(`the coding ${codings[0]?.[1]}`);
    return readChunks(bytes);
  }
  const length = lengths[0]?.[1] ?? "0";
  if (!/^(0|[1-9]\d{0,14})$/.test(length)) throw new Error(`the length ${JSON.stringify(length)}`);
  return bytes.length < Number(length) ? null : { bytes: Number(length), consumed: Number(length) };
}

function readChunks(bytes: Buffer): { readonly bytes: number; readonly consumed: number } | null {
  let [at, total] = [0, 0];
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return null;
    const line = bytes.subarray(at, lineEnd).toString("latin1");
    if (!/^[0-9a-fA-F]{1,8}$/.test(line)) throw new Error(`the chunk size ${JSON.stringify(line)}`);
    const size = Number.parseInt(line, 16);
    const end = lineEnd + 2 + size;
    if (bytes.length < end + 2) return null;
    if (bytes.toString("latin1", end, end + 2) !== "\r\n") throw new Error("a chunk that does not end");
    at = end + 2;
    total += size;
    if (size === 0) return { bytes: total, consumed: at };
  }
}
