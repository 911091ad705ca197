import { type Static, Type } from "@sinclair/typebox";
import { pointerKeys } from "../model/config/json-pointer.ts";

/** Without a fallback the field has no default: an unconfigured claim grants nothing. */
const path = (description: string, fallback?: string) =>
  Type.String({
    description: `${description} A claim's name, or a JSON Pointer (RFC 6901) to a nested one.`,
    ...(fallback === undefined ? {} : { default: fallback }),
    maxLength: 256,
  });

/** The claims that contain the caller's properties. */
export const claimMappingSchema = Type.Object(
  {
    subject: path("The caller's id; a token without it is refused.", "sub"),
    scopes: path("Scopes, as a list or separated by spaces.", "scope"),
    session: path("The session that the token belongs to.", "sid"),
    roles: Type.Optional(
      path("Roles, as a list or separated by spaces. Without it the token grants no role."),
    ),
    roleMap: Type.Optional(
      Type.Record(Type.String({ maxLength: 128 }), Type.String({ maxLength: 128 }), {
        description:
          "Maps the issuer's roles to roles of this config. Roles that it does not name grant nothing.",
      }),
    ),
    tenant: Type.Optional(path("The tenant that the token grants.")),
  },
  {
    additionalProperties: false,
    default: {},
    description: "Which claims say what about the caller.",
  },
);

export type ClaimMapping = Static<typeof claimMappingSchema>;
type Claims = Readonly<Record<string, unknown>>;

export interface MappedClaims {
  readonly subject: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenantId: string | null;
  readonly sessionId: string | null;
}

/** Roles or scopes that a caller may have; further ones are left out. */
export const wordsMax = 128;
const noWords: readonly string[] = [];

/** Compiled once per config. Gives `null` for a token without a subject. */
export function compileClaimMapping(mapping: ClaimMapping): (claims: Claims) => MappedClaims | null {
  const readSubject = compileClaimPath(mapping.subject);
  const readScopes = compileClaimPath(mapping.scopes);
  const readSession = compileClaimPath(mapping.session);
  const readRoles = mapping.roles === undefined ? null : compileClaimPath(mapping.roles);
  const readTenant = mapping.tenant === undefined ? null : compileClaimPath(mapping.tenant);
  const grant = compileRoleMap(mapping.roleMap);
  return (claims) => {
    const subject = toText(readSubject(claims));
    if (subject === null) return null;
    return {
      subject,
      roles: readRoles === null ? noWords : grant(toWords(readRoles(claims))),
      scopes: toWords(readScopes(claims)).slice(0, wordsMax),
      tenantId: readTenant === null ? null : toText(readTenant(claims)),
      sessionId: toText(readSession(claims)),
    };
  };
}

/** The roles granted for the issuer's. The map comes before the bound: people can be in hundreds of groups that it does not name. */
export function compileRoleMap(
  roleMap: Readonly<Record<string, string>> | undefined,
): (roles: readonly string[]) => readonly string[] {
  if (roleMap === undefined) return (roles) => roles.slice(0, wordsMax);
  const granted = new Map(Object.entries(roleMap));
  return (roles) => [...new Set(roles.flatMap((role) => granted.get(role) ?? []))].slice(0, wordsMax);
}

/** Own properties only: a path never reaches what objects inherit. */
export function compileClaimPath(path: string): (claims: Claims) => unknown {
  const names = path.startsWith("/") ? pointerKeys(path) : [path];
  return (claims) => {
    let value: unknown = claims;
    for (const name of names) value = ownMember(value, name);
    return value;
  };
}

function ownMember(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  const member: unknown = Reflect.get(value, name);
  return member;
}

function toText(value: unknown): string | null {
  if (typeof value === "string" && value !== "") return value;
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : null;
}

function toWords(value: unknown): readonly string[] {
  const words = Array.isArray(value) ? value : typeof value === "string" ? value.split(" ") : [];
  return words.filter((word): word is string => typeof word === "string" && word !== "");
}
