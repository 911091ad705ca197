import { CartwayError } from "@libs/errors";
import type { UpstreamRequest } from "../../model/upstream.ts";

/** Methods whose request says that it has no body, so that no server waits for one (RFC 9110, section 8.6). */
const bodyMethods: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/**
 * The head of a request as it stands on the wire, one character a byte (latin1), with its framing and the empty line.
 *
 * @throws CartwayError `internal` where a policy made a field, the path or the method that would break out of its place: nothing
 *   of it is ever sent.
 */
export function writeHead(request: UpstreamRequest): string {
  const { method, path } = request;
  if (!isToken.test(method) || !isTarget.test(path)) throw broken("the request line is malformed");
  let head = `${method} ${path} HTTP/1.1\r\n`;
  const { raw } = request.headers;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const value = raw[index + 1] ?? "";
    if (!isToken.test(name) || unsafeInValue.test(value)) throw broken(`the field ${name} is malformed`);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}${framing(request)}\r\n`;
}

const isToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const isTarget = /^[/*][!-~]*$/;
const unsafeInValue = /[^\t\x20-\x7e\x80-\xff]/;

function framing({ method, body, contentLength }: UpstreamRequest): string {
  if (body === null) return bodyMethods.has(method) ? "content-length: 0\r\n" : "";
  const length = body instanceof Uint8Array ? body.byteLength : contentLength;
  return length === null ? "transfer-encoding: chunked\r\n" : `content-length: ${length}\r\n`;
}

function broken(internal: string): CartwayError {
  return new CartwayError("internal", { internal });
}
