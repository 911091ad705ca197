import { type Static, Type } from "@sinclair/typebox";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { PolicyDefinition } from "../../model/exchange/policy.ts";
import { checkNames } from "../path-parameters.ts";
import type { PolicyDeps } from "../policy-deps.ts";

const schema = Type.Object(
  {
    to: Type.String({
      pattern: "^(https?://[\\x21-\\x7e]+|/(?![/\\\\])[\\x21-\\x7e]*)$",
      maxLength: 8192,
      description: "Where to: a URL or a path in ASCII, with `{names}` of path parameters.",
    }),
    status: Type.Union(
      [Type.Literal(301), Type.Literal(302), Type.Literal(303), Type.Literal(307), Type.Literal(308)],
      {
        default: 308,
        description: "Status of the answer; 308 and 307 keep the method.",
      },
    ),
    keepQuery: Type.Boolean({ default: true, description: "Whether the query is kept." }),
  },
  { additionalProperties: false, description: "Sends the client elsewhere." },
);

/** Sends the client elsewhere. Parameters are encoded as one segment each, so that they cannot change the destination. */
export const redirectPolicy: PolicyDefinition<typeof schema, PolicyDeps> = {
  type: "redirect",
  phase: "route",
  schema,
  check: ({ to }, place) => checkNames(to, place, "/to"),
  create({ to, status, keepQuery }: Static<typeof schema>) {
    const [start = "", ...rest] = to.split("#");
    const fragment = rest.length === 0 ? "" : `#${rest.join("#")}`;

    function locate({ params, target }: Exchange): string {
      const query =
        keepQuery && target.query !== "" ? `${start.includes("?") ? "&" : "?"}${target.query}` : "";
      return fillIn(start, params) + query + fillIn(fragment, params);
    }
    return {
      request: (exchange) => new Response(null, { status, headers: { location: locate(exchange) } }),
      explain: (exchange) => ({ verdict: "answer", inputs: { location: locate(exchange) }, status }),
    };
  },
};

function fillIn(template: string, params: Exchange["params"]): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
}
