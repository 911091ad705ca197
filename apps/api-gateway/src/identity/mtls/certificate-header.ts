/** Reads the client's certificate as DER from a proxy's header; `null` where there is not exactly one in that form. */
export type ReadCertificate = (header: string) => Buffer | null;

const headerLengthMax = 16_384;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The formats in which proxies forward certificates. */
const certificateFormats = {
  /** RFC 9440: base64 of the DER between colons. Two, joined by a comma, are invalid. */
  rfc9440: (header) =>
    header.length > 2 && header.startsWith(":") && header.endsWith(":")
      ? fromBase64(header.slice(1, -1))
      : null,
  /** Base64 of the DER, as Traefik's `PassTLSClientCert` sends it. */
  base64: fromBase64,
  /** PEM with percent escapes, as nginx's `$ssl_client_escaped_cert`. */
  "escaped-pem": fromEscapedPem,
  /** Envoy's and Istio's `X-Forwarded-Client-Cert` with `Cert`. Invalid with several elements: none is known to be the client's. */
  xfcc: fromForwardedClientCert,
} as const satisfies Record<string, ReadCertificate>;

export type CertificateFormat = keyof typeof certificateFormats;

export function readCertificateAs(format: CertificateFormat): ReadCertificate {
  const read = certificateFormats[format];
  return (header) => (header.length > headerLengthMax ? null : read(header));
}

function fromBase64(text: string): Buffer | null {
  return base64.test(text) ? Buffer.from(text, "base64") : null;
}

function fromEscapedPem(text: string): Buffer | null {
  const pem = unescapePercent(text);
  const body =
    pem === null
      ? null
      : /^-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]+)-----END CERTIFICATE-----\s*$/.exec(pem);
  return body?.[1] === undefined ? null : fromBase64(body[1].replaceAll(/\s/g, ""));
}

function unescapePercent(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/** `key=value;key="value"`, one element a proxy, elements joined by commas. */
function fromForwardedClientCert(header: string): Buffer | null {
  const pairs = [...header.matchAll(/([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^";,]*))(;|,|$)/gy)];
  const isWhole = pairs.reduce((length, [pair]) => length + pair.length, 0) === header.length;
  if (!isWhole || pairs.some(([, , , , end]) => end === ",")) return null;
  const certificates = pairs.filter(([, key]) => key?.toLowerCase() === "cert");
  const [only] = certificates;
  return only === undefined || certificates.length > 1 ? null : fromEscapedPem(only[2] ?? only[3] ?? "");
}
