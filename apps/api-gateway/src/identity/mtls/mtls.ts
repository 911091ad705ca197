import { digestOf, RecentMap } from "@libs/auth";
import { type Static, Type } from "@sinclair/typebox";
import type { Authenticated, Authentication } from "../../model/identity/authentication.ts";
import { defineIdentity } from "../identity.ts";
import { subjectPrefixField } from "../subject-prefix.ts";
import { secretSchema } from "../../model/config/secret-schema.ts";
import { readCertificateAs } from "./certificate-header.ts";
import { checkCertificate, type ClientCertificate, readAuthorities } from "./client-certificate.ts";

const pattern = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
    description: `${description} Exact, or a prefix where it ends in *.`,
    default: [],
    maxItems: 256,
  });

const granted = (description: string) =>
  Type.Array(Type.String({ maxLength: 128 }), { description, default: [], maxItems: 32 });

const schema = Type.Object(
  {
    authorities: secretSchema(
      "Certificates of the authorities that issue clients' certificates directly, PEM: with an intermediate authority, that one's.",
    ),
    header: Type.String({
      description: "Where the trusted proxy that ends TLS puts the client's certificate, in lower case.",
      default: "client-cert",
      pattern: "^[a-z0-9-]+$",
      maxLength: 64,
    }),
    format: Type.Union(
      [Type.Literal("rfc9440"), Type.Literal("xfcc"), Type.Literal("escaped-pem"), Type.Literal("base64")],
      {
        description:
          "Its encoding: rfc9440 (HAProxy, Caddy, Google), xfcc (Envoy, Istio), escaped-pem (nginx), base64 (Traefik).",
        default: "rfc9440",
      },
    ),
    spiffeIds: pattern("Admitted SPIFFE ids, such as spiffe://shop/ns/prod/*."),
    commonNames: pattern("Admitted common names, for certificates without URIs."),
    roles: granted("Roles they get."),
    scopes: granted("Scopes they get."),
    ...subjectPrefixField,
    cacheMax: Type.Integer({
      description: "Verified certificates cached at most.",
      default: 10_000,
      minimum: 2,
      maximum: 1_000_000,
    }),
  },
  {
    additionalProperties: false,
    description:
      "Client certificates: of the connection itself if the listener requests them, or forwarded by a trusted proxy that terminates TLS.",
  },
);

/** Machines, by the client certificate of the TLS connection to the gateway or to a trusted proxy. */
export const mtls = defineIdentity({
  schema,
  check(config) {
    const names = [...config.spiffeIds, ...config.commonNames];
    if (names.length > 0) return [];
    return [{ path: "", message: "admits nobody", expected: "spiffeIds or commonNames" }];
  },
  create(name, config, { now, readSecret }) {
    const authorities = readAuthorities(readSecret(config.authorities));
    const readCertificate = readCertificateAs(config.format);
    const subjectOf = compileSubjects(config);
    const remembered = new RecentMap<Authenticated>(config.cacheMax);
    const ofConnections = new WeakMap<Buffer, Authenticated>();
    const rejected = (reason: string): Authentication => ({
      outcome: "rejected",
      identity: name,
      reason,
      credential: "client certificate",
    });

    function check(der: Buffer | null): Authentication {
      const certificate = der === null ? "malformed_certificate" : checkCertificate(der, authorities, now());
      if (typeof certificate === "string") return rejected(certificate);
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
    }

    function remember(answer: Authentication, keep: (authenticated: Authenticated) => void): Authentication {
      if (answer.outcome === "authenticated") keep(answer);
      return answer;
    }

    return {
      scheme: "certificate",
      asksFor: "a client certificate",
      places: { headers: [config.header], parameters: [] },
      ownHeaders: [config.header],
      recall(credentials) {
        const header = credentials.proxyHeader(config.header);
        const own = credentials.connectionCertificate();
        const known =
          header !== null
            ? remembered.get(digestOf(header))
            : own === null
              ? undefined
              : ofConnections.get(own);
        return known !== undefined && known.principal.expiresAt > now() ? known : null;
      },
      authenticate(credentials) {
        const header = credentials.proxyHeader(config.header);
        if (header !== null)
          return remember(check(readCertificate(header)), (known) => remembered.set(digestOf(header), known));
        const own = credentials.connectionCertificate();
        if (own === null) return { outcome: "absent" };
        return remember(check(own), (known) => void ofConnections.set(own, known));
      },
      dispose: () => remembered.clear(),
    };
  },
});

/** An X.509-SVID has exactly one URI (SPIFFE X509-SVID, 2); common names count for certificates without any. */
function compileSubjects(config: Static<typeof schema>): (certificate: ClientCertificate) => string | null {
  const isSpiffeId = compilePatterns(config.spiffeIds);
  const isCommonName = compilePatterns(config.commonNames);
  return ({ uris, commonName }) => {
    const [uri] = uris;
    if (uri !== undefined) return uris.length === 1 && isSpiffeId(uri) ? uri : null;
    return commonName !== null && isCommonName(commonName) ? commonName : null;
  };
}

function compilePatterns(patterns: readonly string[]): (text: string) => boolean {
  const exact = new Set(patterns.filter((each) => !each.endsWith("*")));
  const prefixes = patterns.filter((each) => each.endsWith("*")).map((each) => each.slice(0, -1));
  return (text) => exact.has(text) || prefixes.some((prefix) => text.startsWith(prefix));
}
