import { type Static, Type } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config-issue.ts";
import type { Exchange } from "../../model/exchange.ts";
import type { HeaderList } from "../../model/header-list.ts";
import type { PolicyDefinition, PolicyPlace } from "../../model/policy.ts";
import { reservedHeaderNames } from "../../model/reserved-headers.ts";
import type { PolicyDeps } from "../policy-deps.ts";
import { checkTemplate, compileTemplate, type Template } from "./template.ts";

const name = Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9a-z-]+$" });

const changes = Type.Object(
  {
    remove: Type.Array(name, { default: [], maxItems: 100, description: "Takes these headers away." }),
    set: Type.Record(name, Type.String(), {
      default: {},
      description: "Replaces; values may hold `{param.x}`, `{claim.x}`, `{request.x}`.",
    }),
    add: Type.Record(name, Type.String(), { default: {}, description: "Adds beside what is there." }),
  },
  { additionalProperties: false, default: {}, description: "Applied in this order: remove, set, add." },
);

const schema = Type.Object(
  {
    request: { ...changes, description: "What the service gets: remove, then set, then add." },
    response: { ...changes, description: "What the client gets: remove, then set, then add." },
  },
  { additionalProperties: false, description: "Changes headers on their way in and out." },
);

interface CompiledChanges {
  readonly remove: readonly string[];
  readonly set: readonly (readonly [string, Template])[];
  readonly add: readonly (readonly [string, Template])[];
}

/** Changes headers on their way in and out, with values from path parameters, verified claims and the request itself. */
export const transformPolicy: PolicyDefinition<typeof schema, PolicyDeps> = {
  type: "transform",
  phase: "shape",
  schema,
  check,
  create(config: Static<typeof schema>) {
    const request = compile(config.request);
    const response = compile(config.response);
    return {
      request(exchange) {
        apply(request, exchange.upstreamHeaders, exchange);
        return undefined;
      },
      explain(exchange) {
        apply(request, exchange.upstreamHeaders, exchange);
        return { verdict: "pass", inputs: { request: namesOf(request), response: namesOf(response) } };
      },
      response(exchange) {
        if (exchange.response !== null) apply(response, exchange.response.headers, exchange);
      },
    };
  },
};

function check(config: Static<typeof schema>, place: PolicyPlace): ConfigIssue[] {
  return (["request", "response"] as const).flatMap((side) =>
    (["set", "add"] as const).flatMap((verb) =>
      Object.entries(config[side][verb]).flatMap(([header, text]) => {
        const path = `/${side}/${verb}/${header}`;
        const issues = checkTemplate(text, place, path);
        if (side === "response" || !reservedHeaderNames.has(header)) return issues;
        const message = `${header} tells the service who is calling and is set by the gateway alone`;
        return [{ path, message, expected: "another header" }, ...issues];
      }),
    ),
  );
}

function namesOf({ remove, set, add }: CompiledChanges) {
  return { remove, set: set.map(([header]) => header), add: add.map(([header]) => header) };
}

function compile({ remove, set, add }: Static<typeof changes>): CompiledChanges {
  const templates = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([header, text]) => [header, compileTemplate(text)] as const);
  return { remove, set: templates(set), add: templates(add) };
}

function apply({ remove, set, add }: CompiledChanges, headers: HeaderList, exchange: Exchange): void {
  for (const header of remove) headers.delete(header);
  for (const [header, template] of set) headers.set(header, template(exchange));
  for (const [header, template] of add) headers.append(header, template(exchange));
}
