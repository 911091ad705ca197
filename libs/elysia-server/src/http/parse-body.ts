import { CartwayError } from "@libs/errors";
import { parseJson } from "./parse-json.ts";
import { readBody } from "./read-body.ts";

/**
 * Parses the `body` of Elysia's routes. Elysia's own parsers read without a bound. A route with another content type sets `parse: "none"`
 * and calls `readBody`.
 *
 * @param contentType without parameters, as Elysia passes it to `onParse`.
 */
export async function parseBody(request: Request, contentType: string, bytesMax: number): Promise<unknown> {
  switch (contentType) {
    case "application/json":
      return parseJson(await readBody(request, bytesMax));
    case "application/x-www-form-urlencoded":
      return parseForm(await readBody(request, bytesMax));
    case "":
      // a POST without a body may have no content type, and HTTP/2 does not say beforehand whether there is one
      if ((await readBody(request, bytesMax)).byteLength === 0) return undefined;
      throw new CartwayError("unsupported_media_type", { message: "The body must be application/json." });
    default:
      throw new CartwayError("unsupported_media_type", { message: "The body must be application/json." });
  }
}

/** Parses a form without repeated names: which of two values counts would be a guess (RFC 6749, section 3.1). */
function parseForm(bytes: Uint8Array): Record<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(new TextDecoder().decode(bytes))) {
    if (fields.has(name)) throw new CartwayError("bad_request", { message: "A form field is given twice." });
    fields.set(name, value);
  }
  // `fromEntries` defines properties, so `__proto__` is an ordinary field
  return Object.fromEntries(fields);
}
