/**
 * Parses `key=value,key2=value2` of `OTEL_EXPORTER_OTLP_HEADERS` (OpenTelemetry's exporter specification: commas and spaces in values are
 * percent-encoded). @throws Error with the position of a malformed part, never its text, which is a secret
 */
export function parseOtlpHeaders(text: string): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [index, part] of text.split(",").entries()) {
    if (part.trim() === "") continue;
    const equals = part.indexOf("=");
    const name = part.slice(0, Math.max(0, equals)).trim().toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) throw malformed(index);
    headers[name] = decode(part.slice(equals + 1).trim(), index);
  }
  return headers;
}

function decode(value: string, index: number): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(value);
  } catch {
    throw malformed(index);
  }
  // printable ASCII only: a line end would inject another header
  if (!/^[\x20-\x7e]*$/.test(decoded)) throw malformed(index);
  return decoded;
}

function malformed(index: number): Error {
  return new Error(`part ${index + 1} is no header name, an equals sign and a percent-encoded text`);
}
