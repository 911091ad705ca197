import { timingSafeEqual } from "node:crypto";
import { readCookie } from "@libs/auth";
import { CartwayError } from "@libs/errors";
import { type Static, Type } from "@sinclair/typebox";
import { isSameOrigin } from "../../identity/is-same-origin.ts";
import { checkPageOrigin } from "../../identity/page-origin.ts";
import type { PolicyVerdict } from "../../model/exchange/decision.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { PolicyDefinition } from "../../model/exchange/policy.ts";
import type { SecurityEvents } from "../../telemetry/security-events.ts";

const schema = Type.Object(
  {
    origins: Type.Array(Type.String({ pattern: "^https?://[^/]+$", maxLength: 256 }), {
      description: "Other origins whose pages may send requests, such as https://shop.example.",
      default: [],
      maxItems: 64,
    }),
    sameSite: Type.Boolean({
      description: "Lets pages of other hosts of the same site send requests.",
      default: false,
    }),
    token: Type.Optional(
      Type.Object(
        {
          cookie: Type.String({
            description: "The cookie with the token.",
            default: "__Host-cartway-csrf",
            minLength: 1,
            maxLength: 128,
          }),
          header: Type.String({
            description: "The header that must repeat it, in lower case.",
            default: "x-csrf-token",
            pattern: "^[a-z0-9-]+$",
            maxLength: 64,
          }),
        },
        {
          additionalProperties: false,
          description: "Also requires a token in cookie and header, where the request has any cookie.",
        },
      ),
    ),
  },
  {
    additionalProperties: false,
    description: "Refuses requests that a page of another origin makes a browser send (CSRF).",
  },
);

type CsrfConfig = Static<typeof schema>;

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses requests that another site's page makes a browser send with the user's cookies. Browsers report the initiator in
 * `Sec-Fetch-Site`, older ones in `Origin`; a client that sends neither is not a browser and has no such cookies.
 */
export const csrf: PolicyDefinition<typeof schema, { readonly securityEvents: SecurityEvents }> = {
  type: "csrf",
  phase: "guard",
  schema,
  check: ({ origins }) => origins.flatMap((text, index) => checkPageOrigin(text, `/origins/${index}`)),
  create(config, { securityEvents }) {
    const trusted: ReadonlySet<string> = new Set(config.origins);

    function judge(exchange: Exchange): string | null {
      if (isSafe(exchange)) return null;
      return judgeOrigin(exchange, config, trusted) ?? judgeToken(exchange, config);
    }

    return {
      request(exchange) {
        const reason = judge(exchange);
        if (reason === null) return undefined;
        securityEvents.report({
          kind: "csrf_refused",
          route: exchange.routeId,
          reason,
          address: exchange.clientIp,
        });
        exchange.refusal = refusal(reason);
        throw new CartwayError("forbidden", {
          message: isOfAnotherOrigin(reason)
            ? "This request comes from a page of another origin."
            : "The CSRF token is missing or wrong.",
        });
      },
      explain(exchange) {
        const { method, request } = exchange;
        const { headers } = request;
        if (isSafe(exchange)) return { verdict: "skip", inputs: { method } };
        const reason = judge(exchange);
        if (reason !== null) return refusal(reason);
        return {
          verdict: "pass",
          inputs: { origin: headers.get("origin"), site: headers.get("sec-fetch-site") },
        };
      },
    };
  },
};

/** A WebSocket handshake is a GET that any page can send, with the user's cookies. */
function isSafe({ method, request }: Exchange): boolean {
  return safeMethods.has(method) && !request.headers.has("upgrade");
}

function refusal(reason: string): PolicyVerdict {
  const counterfactual = isOfAnotherOrigin(reason)
    ? "a request from a page of this origin, or of one in `origins`"
    : "the token of the cookie repeated in the header";
  return { verdict: "refuse", inputs: { reason }, counterfactual, status: 403 };
}

function isOfAnotherOrigin(reason: string): boolean {
  return reason === "cross_site" || reason === "cross_origin";
}

function judgeOrigin({ request }: Exchange, config: CsrfConfig, trusted: ReadonlySet<string>): string | null {
  const origin = request.headers.get("origin");
  if (origin !== null && trusted.has(origin)) return null;
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) {
    if (site === "same-origin" || site === "none" || (site === "same-site" && config.sameSite)) return null;
    return "cross_site";
  }
  if (origin === null) return null;
  return isSameOrigin(origin, request.headers.get("host")) ? null : "cross_origin";
}

/** Pages cannot give a WebSocket's handshake a header. */
function judgeToken({ request }: Exchange, config: CsrfConfig): string | null {
  if (config.token === undefined || request.headers.has("upgrade")) return null;
  const cookies = request.headers.get("cookie");
  if (cookies === null) return null;
  const expected = readCookie(cookies, config.token.cookie);
  const given = request.headers.get(config.token.header);
  if (expected === null || expected === "" || given === null) return "token_missing";
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right) ? null : "token_wrong";
}
