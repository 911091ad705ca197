import { type Static, Type } from "@sinclair/typebox";
import { secretSchema } from "../model/config/secret-schema.ts";

const strict = { additionalProperties: false } as const;

const port = { minimum: 1, maximum: 65_535 } as const;

const certificate = Type.Object(
  {
    cert: secretSchema("The certificate with its chain, PEM."),
    key: secretSchema("Its key, PEM."),
  },
  { ...strict, description: "Shown to clients that ask for one of the DNS names it is made out to." },
);

const clientCertificates = Type.Object(
  {
    authorities: secretSchema("Authorities that may sign clients' certificates, PEM."),
    required: Type.Boolean({
      default: true,
      description:
        "With false, clients without a certificate are admitted too; a certificate from no known authority is always refused.",
    }),
  },
  {
    ...strict,
    description:
      "Asks clients for a certificate, by which an identity of type `mtls` knows them. Costs half as much CPU a request again.",
  },
);

const redirect = Type.Object(
  {
    port: Type.Integer({ ...port, description: "The port of plain http." }),
    httpsPort: Type.Optional(
      Type.Integer({ ...port, description: "As clients see it; the listener's own where absent." }),
    ),
  },
  { ...strict, description: "A second, plain HTTP port that answers everything with a 308 to https." },
);

export const tlsSchema = Type.Object(
  {
    certificates: Type.Array(certificate, {
      minItems: 1,
      maxItems: 1000,
      description: "Chosen by SNI; the first is for clients that send no name or an unknown one.",
    }),
    minVersion: Type.Union([Type.Literal("1.2"), Type.Literal("1.3")], {
      default: "1.2",
      description: "The oldest version of TLS that is accepted.",
    }),
    http2: Type.Boolean({
      default: true,
      description: "HTTP/2 for clients that offer it, beside HTTP/1.1. WebSockets stay on HTTP/1.1.",
    }),
    clientCertificates: Type.Optional(clientCertificates),
    redirect: Type.Optional(redirect),
    renewalCheckMs: Type.Integer({
      minimum: 100,
      maximum: 86_400_000,
      default: 10_000,
      description:
        "How often certificates and keys are read again; changed ones take effect at once. Milliseconds.",
    }),
  },
  {
    ...strict,
    description:
      "Terminates TLS at the listener. Turning TLS on or off takes a restart, and so does changing `http2`, `redirect`, or whether client certificates are asked for and required.",
  },
);

export type TlsConfig = Static<typeof tlsSchema>;
