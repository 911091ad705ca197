import { type Static, Type } from "@sinclair/typebox";
import type { Exchange } from "../../model/exchange.ts";
import type { HeaderList } from "../../model/header-list.ts";
import type { PolicyDefinition } from "../../model/policy.ts";
import { reservedHeaderNames } from "../../model/reserved-headers.ts";
import type { PolicyDeps } from "../policy-deps.ts";
import { compileTemplate, type Template } from "./template.ts";

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
  check(config) {
    return ["set", "add"].flatMap((verb) =>
      Object.keys(verb === "set" ? config.request.set : config.request.add)
        .filter((header) => reservedHeaderNames.has(header))
        .map((header) => ({
          path: `/request/${verb}/${header}`,
          message: `${header} tells the service who is calling and is set by the gateway alone`,
          expected: "another header",
        })),
    );
  },
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
