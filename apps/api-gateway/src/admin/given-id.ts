import { type TString, Type } from "@sinclair/typebox";

/** An id that a caller sends, as the database takes it: the format alone lets `urn:uuid:` through. */
export function givenId(description?: string): TString {
  const pattern = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$";
  return Type.String({ format: "uuid", pattern, ...(description === undefined ? {} : { description }) });
}
