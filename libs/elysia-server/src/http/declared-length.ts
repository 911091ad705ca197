import { CartwayError } from "@libs/errors";

const length = /^\d{1,15}$/;

/**
 * The declared length of a request's body in bytes; `null` where none is declared.
 * @throws CartwayError `invalid_header` for an invalid one: Bun accepts a repeated length and joins the two with a comma, which no
 * comparison with a limit would catch.
 */
export function declaredLength(headers: { get(name: string): string | null }): number | null {
  const declared = headers.get("content-length");
  if (declared === null) return null;
  if (!length.test(declared))
    throw new CartwayError("invalid_header", { internal: "content-length is no number" });
  return Number(declared);
}
