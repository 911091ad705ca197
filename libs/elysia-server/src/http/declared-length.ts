import { CartwayError } from "@libs/errors";

const length = /^\d{1,15}$/;

/**
 * What a request says of the length of its body, in bytes; `null` where it says nothing. @throws CartwayError `invalid_header` for what is
 * no number: Bun lets the same length through twice, joined by a comma, and no comparison with a limit would hold.
 */
export function declaredLength(headers: { get(name: string): string | null }): number | null {
  const declared = headers.get("content-length");
  if (declared === null) return null;
  if (!length.test(declared))
    throw new CartwayError("invalid_header", { internal: "content-length is no number" });
  return Number(declared);
}
