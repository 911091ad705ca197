import { CartwayError } from "@libs/errors";
import { type Static, Type } from "@sinclair/typebox";
import { secretSchema } from "../../model/config/secret-schema.ts";
import type { PolicyVerdict } from "../../model/exchange/decision.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { PolicyDefinition } from "../../model/exchange/policy.ts";
import { reservedHeaders } from "../../model/http/reserved-headers.ts";
import type { ReadSecret } from "../../model/config/secret-reference.ts";
import type { SecurityEvents } from "../../telemetry/security-events.ts";
import { nameOf } from "../query-pairs.ts";
import { isSignature, signatureParameters, signParts, secretBytesMin } from "./url-signature.ts";

const schema = Type.Object(
  {
    keys: Type.Array(
      Type.Object(
        {
          id: Type.String({ description: "The key's name in URLs.", pattern: "^[A-Za-z0-9_-]{1,32}$" }),
          secret: secretSchema("At least 32 bytes."),
        },
        { additionalProperties: false },
      ),
      {
        description:
          "Keys that are accepted. To rotate, add the new key, sign with it, and remove the old one when its URLs have expired.",
        minItems: 1,
        maxItems: 8,
      },
    ),
    query: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
        description: "Parameters covered by the signature; all where absent, so that others are refused.",
        maxItems: 64,
      }),
    ),
    lifetimeMaxMs: Type.Integer({
      description: "Longest remaining lifetime of a URL, whatever it says.",
      default: 604_800_000,
      minimum: 1000,
      maximum: 31_536_000_000,
    }),
  },
  { additionalProperties: false, description: "Lets only URLs in that were signed and have not expired." },
);

type SignedUrlConfig = Static<typeof schema>;

export interface SignedUrlDeps {
  readonly readSecret: ReadSecret;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly securityEvents: SecurityEvents;
}

type Verdict =
  | { readonly good: true; readonly rest: readonly string[]; readonly watermark: string }
  | {
      readonly good: false;
      readonly reason: "unsigned" | "malformed" | "unknown_key" | "expired" | "too_long" | "wrong_signature";
    };

const own: ReadonlySet<string> = new Set(Object.values(signatureParameters));

/** Admits only URLs that were signed for this method, host, path and query and have not expired. */
export const signedUrl: PolicyDefinition<typeof schema, SignedUrlDeps> = {
  type: "signed-url",
  phase: "guard",
  schema,
  create(config, deps) {
    const secrets = new Map(config.keys.map(({ id, secret }) => [id, readKey(deps.readSecret(secret), id)]));
    const rules = { config, secrets, now: deps.now };
    return {
      request(exchange) {
        const verdict = judge(exchange, rules);
        if (!verdict.good) throw refuse(exchange, verdict.reason, deps.securityEvents);
        admit(exchange, verdict);
        return undefined;
      },
      explain(exchange) {
        const verdict = judge(exchange, rules);
        if (!verdict.good) return refusal(verdict.reason);
        admit(exchange, verdict);
        return { verdict: "pass", inputs: { watermark: verdict.watermark } };
      },
    };
  },
};

interface SignatureRules {
  readonly config: SignedUrlConfig;
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  readonly now: () => number;
}

function judge({ target, method }: Exchange, { config, secrets, now }: SignatureRules): Verdict {
  const presented = readSignature(target.query);
  if ("reason" in presented) return { good: false, reason: presented.reason };
  const { keyId, expires, watermark, signature, rest } = presented;
  const secret = secrets.get(keyId);
  if (secret === undefined) return { good: false, reason: "unknown_key" };
  const signed = config.query;
  const query = signed === undefined ? rest : rest.filter((pair) => signed.includes(nameOf(pair)));
  const { host, path } = target;
  const expected = signParts(secret, { method, host, path, expires, keyId, watermark, query });
  if (!isSignature(expected, signature)) return { good: false, reason: "wrong_signature" };
  const leftMs = Number(expires) * 1000 - now();
  if (leftMs <= 0) return { good: false, reason: "expired" };
  if (leftMs > config.lifetimeMaxMs) return { good: false, reason: "too_long" };
  return { good: true, rest, watermark };
}

interface PresentedSignature {
  readonly keyId: string;
  readonly expires: string;
  readonly signature: string;
  readonly watermark: string;
  /** The pairs of the query that are not the signature's own. */
  readonly rest: readonly string[];
}

function readSignature(query: string): PresentedSignature | { readonly reason: "unsigned" | "malformed" } {
  const rest: string[] = [];
  const values = new Map<string, string>();
  for (const pair of query === "" ? [] : query.split("&")) {
    const name = nameOf(pair);
    if (!own.has(name)) {
      rest.push(pair);
      continue;
    }
    // repeated, or its name is escaped: it is ambiguous which one counts
    if (values.has(name) || !pair.startsWith(`${name}=`)) return { reason: "malformed" };
    values.set(name, pair.slice(name.length + 1));
  }
  const signature = values.get(signatureParameters.signature);
  if (signature === undefined) return { reason: "unsigned" };
  const expires = values.get(signatureParameters.expires);
  const keyId = values.get(signatureParameters.keyId);
  if (expires === undefined || keyId === undefined || !/^\d{1,12}$/.test(expires))
    return { reason: "malformed" };
  const watermark = values.get(signatureParameters.watermark) ?? "";
  return { keyId, expires, signature, watermark, rest };
}

function admit(exchange: Exchange, { rest, watermark }: Extract<Verdict, { good: true }>): void {
  const path = exchange.upstreamPath.split("?", 1)[0] ?? "/";
  exchange.upstreamPath = rest.length === 0 ? path : `${path}?${rest.join("&")}`;
  if (watermark !== "") exchange.upstreamHeaders.set(reservedHeaders.watermarkId, watermark);
}

function refusal(reason: string): PolicyVerdict {
  return {
    verdict: "refuse",
    inputs: { reason },
    counterfactual: "a URL signed for this method, host, path and query that has not expired",
    status: 403,
  };
}

function refuse(exchange: Exchange, reason: string, events: SecurityEvents): CartwayError {
  events.report({ kind: "signature_refused", route: exchange.routeId, reason, address: exchange.clientIp });
  exchange.refusal = refusal(reason);
  const message = reason === "expired" ? "This link has expired." : "This link is not valid.";
  return new CartwayError("forbidden", { message });
}

function readKey(secret: string, id: string): Uint8Array {
  const bytes = Buffer.from(secret);
  if (bytes.length < secretBytesMin)
    throw new RangeError(`the secret of the URL key ${id} has fewer than ${secretBytesMin} bytes`);
  return bytes;
}
