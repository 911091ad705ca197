import { createHash } from "node:crypto";
import { type Static, Type } from "@sinclair/typebox";
import { secretSchema } from "../model/config/secret-schema.ts";
import type { ReadSecret } from "../model/config/secret-reference.ts";
import type { UpstreamClient, UpstreamTarget, UpstreamTls } from "../model/upstream/upstream.ts";

/** What speaks to the targets of a service, by the protocol that the service names. */
export type UpstreamClients = Readonly<Record<Protocol, UpstreamClient>>;

type Protocol = Static<typeof protocolSchema>;

export const protocolSchema = Type.Union([Type.Literal("http1"), Type.Literal("http2")], {
  default: "http1",
  description:
    "Protocol to the targets: `http1`, or `http2`, which requires https targets. WebSockets are tunnelled over HTTP/1.1 in both cases.",
});

export const upstreamTlsSchema = Type.Object(
  {
    ca: Type.Optional(
      secretSchema("The authorities that sign the targets' certificates, PEM; the system's where absent."),
    ),
    cert: Type.Optional(secretSchema("The gateway's client certificate with its chain, PEM.")),
    key: Type.Optional(secretSchema("The key of that certificate, PEM.")),
    serverName: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        description:
          "The name required of the certificate, and sent as SNI; the target's host where absent, which is not sent if it is an address.",
      }),
    ),
    verify: Type.Boolean({
      default: true,
      description:
        "With false, any certificate is accepted: anyone on the network path can read and change everything.",
    }),
  },
  {
    additionalProperties: false,
    description: "Which https targets are trusted, and the gateway's certificate for them.",
  },
);

export interface TransportSettings {
  readonly protocol: Protocol;
  readonly tls?: Static<typeof upstreamTlsSchema>;
}

/** How the targets of one service are spoken to. */
export interface Transport {
  readonly client: UpstreamClient;
  /** A discovered target with the service's TLS settings. */
  target(found: UpstreamTarget): UpstreamTarget;
  /** Changes with the content of a certificate or key: a service that survives reloads then uses the new one. */
  readonly fingerprint: string;
}

/** @throws Error if a certificate or key is missing. */
export function createTransport(
  { protocol, tls }: TransportSettings,
  clients: UpstreamClients,
  readSecret: ReadSecret,
): Transport {
  const client = clients[protocol];
  if (tls === undefined) return { client, target: (found) => found, fingerprint: "" };
  const { ca, cert, key, serverName, verify } = tls;
  const material: UpstreamTls = {
    ...(ca === undefined ? {} : { ca: readSecret(ca) }),
    ...(cert === undefined ? {} : { cert: readSecret(cert) }),
    ...(key === undefined ? {} : { key: readSecret(key) }),
    rejectUnauthorized: verify,
  };
  return {
    client,
    target: (found) => ({ ...found, ...(serverName === undefined ? {} : { serverName }), tls: material }),
    fingerprint: createHash("sha256").update(JSON.stringify(material)).digest("base64url"),
  };
}
