import { Type } from "@sinclair/typebox";
import { uuidSchema } from "../uuid-schema.ts";

/** Names from the config's `roles`. */
export const roleNames = Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 64 });

export const tenantName = Type.String({ minLength: 1, maxLength: 128 });

export const byId = Type.Object({ id: uuidSchema() });
