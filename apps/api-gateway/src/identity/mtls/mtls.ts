import { Type } from "@sinclair/typebox";
import type { Authentication } from "../../model/authentication.ts";
import type { ClientCertificate } from "../../model/credentials.ts";
import { defineIdentity } from "../identity.ts";

const pattern = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
    description: `${description} Exact, or a prefix where it ends in *.`,
    default: [],
    maxItems: 256,
  });

/** Machines, by the certificate with which they opened the TLS connection. */
export const mtls = defineIdentity({
  schema: Type.Object(
    {
      spiffeIds: pattern("SPIFFE ids that are let in, such as spiffe://shop/ns/prod/*."),
      commonNames: pattern("Common names that are let in."),
      roles: Type.Array(Type.String({ maxLength: 128 }), {
        description: "Roles they get.",
        default: [],
        maxItems: 32,
      }),
      scopes: Type.Array(Type.String({ maxLength: 128 }), {
        description: "Scopes they get.",
        default: [],
        maxItems: 32,
      }),
    },
    { additionalProperties: false, description: "Client certificates, where TLS asks for them." },
  ),
  check(config) {
    const names = [...config.spiffeIds, ...config.commonNames];
    if (names.length > 0) return [];
    return [{ path: "", message: "lets nobody in", expected: "spiffeIds or commonNames" }];
  },
  create(name, config, { now }) {
    const isSpiffeId = compilePatterns(config.spiffeIds);
    const isCommonName = compilePatterns(config.commonNames);
    const rejected = (reason: string): Authentication => ({ outcome: "rejected", identity: name, reason });

    function subjectOf({ uris, commonName }: ClientCertificate): string | null {
      // RFC-like rule of SPIFFE: an X.509-SVID has exactly one URI
      const [uri] = uris;
      if (uris.length === 1 && uri !== undefined && isSpiffeId(uri)) return uri;
      return uris.length === 0 && commonName !== null && isCommonName(commonName) ? commonName : null;
    }

    return {
      recall: () => null,
      authenticate({ certificate }) {
        if (certificate === null) return { outcome: "absent" };
        if (certificate.validTo <= now()) return rejected("expired");
        const subject = subjectOf(certificate);
        if (subject === null) return rejected("unknown_certificate");
        return {
          outcome: "authenticated",
          principal: {
            identity: name,
            method: "mtls",
            subject,
            roles: config.roles,
            scopes: config.scopes,
            tenantId: null,
            sessionId: null,
            plan: null,
            weight: 1,
            expiresAt: certificate.validTo,
            claims: { fingerprint: certificate.fingerprint },
          },
        };
      },
    };
  },
});

function compilePatterns(patterns: readonly string[]): (text: string) => boolean {
  const exact = new Set(patterns.filter((each) => !each.endsWith("*")));
  const prefixes = patterns.filter((each) => each.endsWith("*")).map((each) => each.slice(0, -1));
  return (text) => exact.has(text) || prefixes.some((prefix) => text.startsWith(prefix));
}
