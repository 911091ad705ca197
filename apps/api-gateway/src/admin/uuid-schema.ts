import { type TString, Type } from "@sinclair/typebox";

/** A UUID that PostgreSQL accepts: `format: uuid` alone also allows `urn:uuid:`. */
export function uuidSchema(description?: string): TString {
  const pattern = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$";
  return Type.String({ format: "uuid", pattern, ...(description === undefined ? {} : { description }) });
}
