import { type Static, Type } from "@sinclair/typebox";
import type { HeaderList } from "../../model/http/header-list.ts";
import { compileRoleMap, wordsMax } from "../claim-mapping.ts";
import { headerName } from "./header-names.ts";

const named = (description: string) => Type.Optional(Type.String({ ...headerName, description }));

/** Maps headers of the auth service's answer to the caller. */
export const callerHeadersSchema = Type.Object(
  {
    subject: named("The caller's id: remote-user with Authelia, x-auth-request-user with oauth2-proxy."),
    roles: named("Roles. Without it the answer grants no role."),
    separator: Type.String({
      description: "Between roles: a comma of Authelia and oauth2-proxy, | of authentik.",
      default: ",",
      minLength: 1,
      maxLength: 1,
    }),
    roleMap: Type.Optional(
      Type.Record(Type.String({ maxLength: 128 }), Type.String({ maxLength: 128 }), {
        description:
          "Maps the service's roles to roles of this config. Roles that it does not name grant nothing.",
      }),
    ),
    scopes: named("Scopes, separated by spaces."),
    tenant: named("The tenant that the answer grants."),
    session: named("The session that the caller belongs to."),
  },
  {
    additionalProperties: false,
    default: {},
    description:
      "Headers of an admitting response that identify the caller. They are never accepted from a client.",
  },
);

type CallerHeaders = Static<typeof callerHeadersSchema>;

export interface NamedCaller {
  readonly subject: string | null;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenantId: string | null;
  readonly sessionId: string | null;
}

const valueLengthMax = 4096;

/** The header names that the config maps. */
export function namesOf({ subject, roles, scopes, tenant, session }: CallerHeaders): readonly string[] {
  return [subject, roles, scopes, tenant, session].filter((name) => name !== undefined);
}

/** @throws Error for an answer with a repeated or oversized header */
export function compileCallerHeaders(
  config: CallerHeaders,
): (headers: Pick<HeaderList, "getAll">) => NamedCaller {
  const grant = compileRoleMap(config.roleMap);
  return (headers) => {
    const one = (name: string | undefined) => (name === undefined ? null : readOne(headers, name));
    return {
      subject: one(config.subject),
      roles: grant(words(one(config.roles), config.separator)),
      scopes: words(one(config.scopes), " ").slice(0, wordsMax),
      tenantId: one(config.tenant),
      sessionId: one(config.session),
    };
  };
}

/** `null` where it is missing or empty. */
function readOne(headers: Pick<HeaderList, "getAll">, name: string): string | null {
  const [value = "", ...more] = headers.getAll(name);
  if (more.length > 0) throw new Error(`answered ${name} more than once`);
  if (value.length > valueLengthMax) throw new Error(`answered ${name} above ${valueLengthMax} characters`);
  const text = textOf(value.trim());
  return text === "" ? null : text;
}

/** Header bytes are UTF-8 in practice, and Latin-1 historically (RFC 9110, 5.5). */
function textOf(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  const bytes = Buffer.from(value, "latin1");
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? text : value;
}

function words(text: string | null, separator: string): readonly string[] {
  if (text === null) return [];
  const all = text.split(separator).map((word) => word.trim());
  return all.filter((word) => word !== "");
}
