import { Type } from "@sinclair/typebox";
import type { Exchange } from "../../model/exchange/exchange.ts";
import { reportedScheme } from "../../model/http/reported-scheme.ts";
import type { PolicyDefinition } from "../../model/exchange/policy.ts";

const value = (description: string, fallback: string) =>
  Type.Union([Type.String({ maxLength: 4096, pattern: "^[\\x20-\\x7e]+$" }), Type.Null()], {
    description: `${description} null leaves it out.`,
    default: fallback,
  });

const schema = Type.Object(
  {
    strictTransportSecurity: value("Only over HTTPS.", "max-age=31536000; includeSubDomains"),
    contentTypeOptions: value("X-Content-Type-Options.", "nosniff"),
    frameOptions: value("X-Frame-Options.", "DENY"),
    referrerPolicy: value("Referrer-Policy.", "strict-origin-when-cross-origin"),
    crossOriginOpenerPolicy: value("Cross-Origin-Opener-Policy.", "same-origin"),
    crossOriginResourcePolicy: value("Cross-Origin-Resource-Policy.", "same-site"),
    permissionsPolicy: value("Permissions-Policy.", "camera=(), microphone=(), geolocation=()"),
    contentSecurityPolicy: Type.Optional(
      Type.String({
        description: "Content-Security-Policy. None by default: the right one depends on the pages.",
        maxLength: 4096,
        pattern: "^[\\x20-\\x7e]+$",
      }),
    ),
    override: Type.Boolean({
      description: "Whether the service's own values are replaced.",
      default: false,
    }),
    remove: Type.Array(Type.String({ pattern: "^[a-z0-9-]+$", maxLength: 64 }), {
      description:
        "Headers removed from the service's answer, in lower case: they reveal what runs behind the gateway.",
      default: ["server", "x-powered-by", "x-aspnet-version"],
      maxItems: 32,
    }),
  },
  { additionalProperties: false, description: "Tells browsers to be careful, and attackers nothing." },
);

/** Sets the headers by which browsers protect their users (OWASP Secure Headers), and removes those that reveal the software. */
export const securityHeaders: PolicyDefinition<typeof schema, object> = {
  type: "security-headers",
  phase: "guard",
  schema,
  create(config) {
    const always = Object.entries({
      "x-content-type-options": config.contentTypeOptions,
      "x-frame-options": config.frameOptions,
      "referrer-policy": config.referrerPolicy,
      "cross-origin-opener-policy": config.crossOriginOpenerPolicy,
      "cross-origin-resource-policy": config.crossOriginResourcePolicy,
      "permissions-policy": config.permissionsPolicy,
      "content-security-policy": config.contentSecurityPolicy ?? null,
    }).flatMap(([name, text]) => (text === null ? [] : [[name, text] as const]));
    const transport = config.strictTransportSecurity;
    const overTls =
      transport === null ? always : [...always, ["strict-transport-security", transport] as const];
    const headersFor = (exchange: Exchange) => (isOverHttps(exchange) ? overTls : always);

    return {
      explain(exchange) {
        const sets = headersFor(exchange).map(([name]) => name);
        return { verdict: "pass", inputs: { sets, removes: config.remove, override: config.override } };
      },
      response(exchange) {
        if (exchange.response === null) return;
        const { headers } = exchange.response;
        for (const name of config.remove) headers.delete(name);
        for (const [name, text] of headersFor(exchange)) {
          if (config.override) headers.set(name, text);
          else if (!headers.has(name)) headers.append(name, text);
        }
      },
    };
  },
};

/** Whether the client uses https, which a trusted proxy reports where it terminates TLS. */
function isOverHttps({ request, target, isPeerTrusted }: Exchange): boolean {
  return (reportedScheme(request.headers, isPeerTrusted) ?? target.scheme) === "https";
}
