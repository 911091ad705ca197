import { type Static, Type } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { PolicyDefinition } from "../../model/exchange/policy.ts";
import { checkNames } from "../path-parameters.ts";
import type { PolicyDeps } from "../policy-deps.ts";

const schema = Type.Object(
  {
    to: Type.String({
      examples: ["https://www.example.com{request.path}", "/new/{id}"],
      pattern: "^(https?://[\\x21-\\x7e]+|/(?![/\\\\])[\\x21-\\x7e]*)$",
      maxLength: 8192,
      description:
        "Where to: a URL or a path in ASCII, with `{names}` of path parameters. `{request.path}` is the whole path, as the route's `path` rewrites it.",
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
  check: ({ to }, place) => [...checkNames(to, place, "/to"), ...checkPath(to), ...checkHost(to)],
  create({ to, status, keepQuery }: Static<typeof schema>) {
    const [start = "", ...rest] = to.split("#");
    const fragment = rest.length === 0 ? "" : `#${rest.join("#")}`;

    const [address = "", ...ownQuery] = start.split("?");
    const query = ownQuery.length === 0 ? "" : `?${ownQuery.join("?")}`;

    function locate({ params, target, upstreamPath }: Exchange): string {
      const [path = ""] = upstreamPath.split("?", 1);
      const asked = keepQuery && target.query !== "" ? `${query === "" ? "?" : "&"}${target.query}` : "";
      return [
        fillIn(address, params, path),
        fillIn(query, params, encodeURIComponent(path)),
        asked,
        fillIn(fragment, params, path),
      ].join("");
    }
    return {
      request: (exchange) => new Response(null, { status, headers: { location: locate(exchange) } }),
      explain: (exchange) => ({ verdict: "answer", inputs: { location: locate(exchange) }, status }),
    };
  },
};

const wholePathName = "{request.path}";

/** The path begins with a slash of its own: after another one, it would name a host. */
function checkPath(to: string): ConfigIssue[] {
  const names = [...to.matchAll(/\{\w+\.\w+\}/g)].map(([name]) => name);
  const unknown = names.find((name) => name !== wholePathName);
  if (unknown !== undefined) {
    const message = `${unknown} stands for nothing in a redirect`;
    return [{ path: "/to", message, expected: `${wholePathName}, or {names} of path parameters` }];
  }
  if (!to.includes(`/${wholePathName}`)) return [];
  const message = `${wholePathName} begins with a slash: after another one it would name a host`;
  return [{ path: "/to", message, expected: `${wholePathName} without a slash before it` }];
}

/** A parameter that ends the host would let the caller name any: `example.com{rest}` with `.evil.example`. */
function checkHost(to: string): ConfigIssue[] {
  const [, name] = /^https?:\/\/[^/?#:]*(\{\w+\})(?=[:/?#]|\{request\.path\}|$)/.exec(to) ?? [];
  if (name === undefined) return [];
  const message = `${name} ends the host, so the caller could send its visitors anywhere`;
  return [
    { path: "/to", message, expected: `a host that ends in a name of yours, as https://${name}.example.com` },
  ];
}

/** @param path for `{request.path}`, encoded as its place in the URL requires. */
function fillIn(template: string, params: Exchange["params"], path: string): string {
  return template.replaceAll(/\{([\w.]+)\}/g, (placeholder, name: string) =>
    placeholder === wholePathName ? path : encodeURIComponent(params[name] ?? ""),
  );
}
