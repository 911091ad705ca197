import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { connectionFields } from "../../model/http/connection-fields.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import { encodePointerKey, pointerKeys } from "../../model/config/json-pointer.ts";
import type { PolicyDefinition, PolicyPlace } from "../../model/exchange/policy.ts";
import { reservedHeaderNames } from "../../model/http/reserved-headers.ts";
import { serviceNameOf } from "../../model/http/service-name-of.ts";
import { compileBodyChanges } from "./body-changes.ts";
import { compileHeaderChanges, compileRequestHeaderChanges } from "./header-changes.ts";
import { isPoisonous } from "./json-pointer.ts";
import { compileQueryChanges } from "./query-changes.ts";
import { type TransformConfig, transformSchema } from "./schema.ts";
import { checkTemplate, personalValueOf } from "./template.ts";
import { askForPlainAnswer, transformRequestBody, transformResponseBody } from "./transform-bodies.ts";

/**
 * Changes headers, query and JSON bodies on their way in and out, with values from path parameters, verified claims and the
 * request itself. Without changes to a body it is never read.
 */
export const transformPolicy: PolicyDefinition<typeof transformSchema, unknown> = {
  type: "transform",
  phase: "shape",
  schema: transformSchema,
  check,
  callerFields: ({ request: { set, add } }) =>
    [...Object.entries(set), ...Object.entries(add)]
      .filter(([, text]) => personalValueOf(text) !== undefined)
      .map(([header]) => header.toLowerCase()),
  create({ request, response, bodyBytesMax: bytesMax }) {
    const changeRequest = compileRequestHeaderChanges(request);
    const changeResponse = compileHeaderChanges(response);
    const changeQuery = request.query === undefined ? null : compileQueryChanges(request.query);
    const changeBody = request.body === undefined ? null : compileBodyChanges(request.body);
    const changeAnswer = response.body === undefined ? null : compileBodyChanges(response.body);

    function changeHead(exchange: Exchange): void {
      changeRequest(exchange.upstreamHeaders, exchange);
      if (changeQuery !== null) exchange.upstreamPath = changeQuery(exchange.upstreamPath, exchange);
      if (changeAnswer !== null) askForPlainAnswer(exchange);
    }

    return {
      request(exchange) {
        changeHead(exchange);
        return changeBody === null ? undefined : transformRequestBody(exchange, changeBody, bytesMax);
      },
      explain(exchange) {
        changeHead(exchange);
        return { verdict: "pass", inputs: { request: namesOf(request), response: namesOf(response) } };
      },
      response(exchange) {
        const { response: answer } = exchange;
        if (answer === null) return undefined;
        changeResponse(answer.headers, exchange);
        if (changeAnswer === null) return undefined;
        return transformResponseBody(exchange, answer, { change: changeAnswer, bytesMax });
      },
    };
  },
};

type Side = TransformConfig["request"] | TransformConfig["response"];

/** What is changed, without the values. */
function namesOf(side: Side) {
  const { remove, set, add, body } = side;
  const query = "query" in side ? side.query : undefined;
  const names = (changes: typeof query | typeof body) =>
    changes && { remove: changes.remove, rename: changes.rename, set: Object.keys(changes.set) };
  return { remove, set: Object.keys(set), add: Object.keys(add), query: names(query), body: names(body) };
}

function check(config: TransformConfig, place: PolicyPlace): ConfigIssue[] {
  return [
    ...ownIssues(config),
    ...(["request", "response"] as const).flatMap((side) => sideIssues(config[side], place, `/${side}`)),
  ];
}

/** Fields that frame a message or control its connection: changing them enables request smuggling. */
const framing: ReadonlySet<string> = new Set([...connectionFields, "content-length", "expect", "host"]);

/** Identity headers are reserved only in requests to services. */
function ownIssues(config: TransformConfig): ConfigIssue[] {
  return (["request", "response"] as const).flatMap((side) =>
    [...Object.keys(config[side].set), ...Object.keys(config[side].add)].flatMap((header) => {
      const tellsWho = side === "request" && reservedHeaderNames.has(serviceNameOf(header));
      if (!tellsWho && !framing.has(header)) return [];
      const what = tellsWho ? "tells the service who is calling" : "is of the connection";
      const verb = Object.hasOwn(config[side].set, header) ? "set" : "add";
      return [
        {
          path: `/${side}/${verb}/${header}`,
          message: `${header} ${what} and is set by the gateway alone`,
          expected: "another header",
        },
      ];
    }),
  );
}

function sideIssues(side: Side, place: PolicyPlace, path: string): ConfigIssue[] {
  const query = "query" in side ? side.query : undefined;
  const templates = [
    ...Object.entries(side.set).map(([name, text]) => [`${path}/set/${name}`, text] as const),
    ...Object.entries(side.add).map(([name, text]) => [`${path}/add/${name}`, text] as const),
    ...Object.entries(query?.set ?? {}).map(
      ([name, text]) => [`${path}/query/set/${encodePointerKey(name)}`, text] as const,
    ),
    ...Object.entries(side.body?.set ?? {}).map(
      ([name, value]) => [`${path}/body/set/${encodePointerKey(name)}`, JSON.stringify(value)] as const,
    ),
  ];
  // what a cache keeps: the answer as it leaves here, under the address from before the query was changed
  const kept = place.policies.includes("cache")
    ? templates.filter(([at]) => at.startsWith("/response/") || at.startsWith("/request/query/"))
    : [];
  return [
    ...templates.flatMap(([at, text]) => checkTemplate(text, place, at)),
    ...kept.flatMap(([at, text]) => ofOneCaller(text, at)),
    ...pointersOf(side)
      .filter((pointer) => isPoisonous(pointerKeys(pointer)))
      .map((pointer) => ({ path: `${path}/body`, message: `${pointer} is not a path in a JSON body` })),
  ];
}

function ofOneCaller(text: string, path: string): ConfigIssue[] {
  const name = personalValueOf(text);
  if (name === undefined) return [];
  const message = `${name} is one caller's, and the cache of this route would give it to others`;
  return [{ path, message, expected: "a value that is the same for all callers" }];
}

function pointersOf({ body }: Side): readonly string[] {
  if (body === undefined) return [];
  return [...body.remove, ...Object.entries(body.rename).flat(), ...Object.keys(body.set)];
}
