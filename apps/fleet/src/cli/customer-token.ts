import { createHmac } from "node:crypto";

export interface CustomerTokenOptions {
  readonly secret: string;
  readonly customerId: string;
  readonly userId: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
  readonly issuedAtMs: number;
}

/** A token (RFC 7519, HS256) that the identity `customers` of the platform's gateway.yaml accepts. */
export function customerToken(options: CustomerTokenOptions): string {
  const { secret, customerId, userId, expiresAtMs, issuedAtMs } = options;
  const header = encode({ alg: "HS256", typ: "JWT" });
  const payload = encode({
    iss: "cartway-customers",
    aud: "cartway",
    sub: userId,
    customer_id: customerId,
    iat: Math.floor(issuedAtMs / 1000),
    exp: Math.floor(expiresAtMs / 1000),
  });
  const signature = createHmac("sha256", secret).update(`${header}.${payload}`).digest("base64url");
  return `${header}.${payload}.${signature}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
