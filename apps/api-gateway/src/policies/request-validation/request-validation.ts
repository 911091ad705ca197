import { CartwayError, type InputIssue, messageOf } from "@libs/errors";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { PolicyDefinition, PolicyPlace } from "../../model/exchange/policy.ts";
import { isJsonType, mediaTypeOf, parseUnambiguousBody, readWholeBody, requireUtf8 } from "../whole-body.ts";
import { SchemaCompiler, type Validate } from "./compile-schema.ts";
import { type BodyContract, checkHead, type Contract, typeOf } from "./contract.ts";
import { compileOperations, type OperationMatch } from "./match-operation.ts";
import { readOperations } from "./openapi.ts";
import { fileOf, readDocument, schemaOf } from "./read-document.ts";
import { type RequestValidationConfig, requestValidationSchema } from "./schema.ts";

/** Refuses what does not keep to its schemas, or to the API description of its service, before the service has work with it. */
export const requestValidation: PolicyDefinition<typeof requestValidationSchema, unknown> = {
  type: "request-validation",
  phase: "admit",
  schema: requestValidationSchema,
  check,
  create(config) {
    const find = config.openapi === undefined ? withSchemas(config) : withOpenapi(config.openapi);

    /** The contract of the request, and the issues of its head. `null` if nothing is defined for it. */
    function judge(
      exchange: Exchange,
    ): { readonly contract: Contract; readonly issues: readonly InputIssue[] } | null {
      const match = find(exchange);
      if (match.kind === "matched") {
        const { request, target } = exchange;
        const head = { query: target.query, headers: request.headers, params: match.params };
        return { contract: match.contract, issues: checkHead(match.contract, head) };
      }
      if (config.openapi?.unknown === "pass") return null;
      if (match.kind === "none") throw new CartwayError("not_found");
      throw new CartwayError("method_not_allowed", { headers: { allow: match.allow.join(", ") } });
    }

    async function checkBody(
      exchange: Exchange,
      body: BodyContract,
      issues: readonly InputIssue[],
    ): Promise<undefined> {
      const found = await bodyIssues(exchange, body, config.bodyBytesMax);
      if (issues.length + found.length > 0) throw refuse(exchange, [...issues, ...found]);
      return undefined;
    }

    return {
      request(exchange) {
        const judged = judge(exchange);
        if (judged === null) return undefined;
        const { contract, issues } = judged;
        if (contract.body !== null) return checkBody(exchange, contract.body, issues);
        if (issues.length > 0) throw refuse(exchange, issues);
        return undefined;
      },
      explain(exchange) {
        const judged = judge(exchange);
        if (judged === null) return { verdict: "skip", inputs: { described: false } };
        const { contract, issues } = judged;
        // `explain` has no body to validate.
        const inputs = { issues, body: contract.body === null ? "not checked" : "checked when it is sent" };
        if (issues.length === 0) return { verdict: "pass", inputs };
        return { verdict: "refuse", inputs, counterfactual: counterfactual(issues), status: 422 };
      },
    };
  },
};

function refuse(exchange: Exchange, issues: readonly InputIssue[]): CartwayError {
  const error = new CartwayError("validation_failed", { details: issues });
  exchange.refusal = {
    verdict: "refuse",
    inputs: { issues },
    counterfactual: counterfactual(issues),
    status: error.status,
  };
  return error;
}

function counterfactual(issues: readonly InputIssue[]): string {
  return issues.map(({ path, message }) => `${path} ${message}`).join("; ");
}

/** @throws CartwayError if the body is not of an accepted type. */
async function bodyIssues(
  exchange: Exchange,
  contract: BodyContract,
  bytesMax: number,
): Promise<readonly InputIssue[]> {
  const bytes = await readWholeBody(exchange, bytesMax);
  if (bytes.byteLength === 0) return contract.isRequired ? [{ path: "/body", message: "is missing" }] : [];
  const contentType = exchange.request.headers.get("content-type");
  const mediaType = mediaTypeOf(contentType);
  const validate = typeOf(contract, mediaType);
  if (validate === undefined)
    throw new CartwayError("unsupported_media_type", { details: { accepted: [...contract.types.keys()] } });
  if (validate === null || !isJsonType(mediaType)) return [];
  requireUtf8(contentType);
  return validate(parseUnambiguousBody(bytes), "/body");
}

type FindContract = (exchange: Exchange) => OperationMatch;

function withSchemas(config: RequestValidationConfig): FindContract {
  const texts = new SchemaCompiler({ coerces: true, isLenient: false });
  const bodies = new SchemaCompiler({ coerces: false, isLenient: false });
  const compile = (
    compiler: SchemaCompiler,
    part: "body" | "query" | "headers" | "params",
  ): Validate | null => {
    const schema = config[part];
    return schema === undefined ? null : compiler.compile(schemaOf(schema));
  };
  const body = compile(bodies, "body");
  const contract: Contract = {
    query: compile(texts, "query"),
    headers: compile(texts, "headers"),
    params: compile(texts, "params"),
    body: body === null ? null : { isRequired: config.bodyRequired, types: new JsonTypes(body) },
  };
  return ({ params }) => ({ kind: "matched", contract, params });
}

/** Every JSON media type, with the one schema. */
class JsonTypes extends Map<string, Validate | null> {
  constructor(validate: Validate) {
    super([["application/json", validate]]);
  }

  override get(type: string): Validate | null | undefined {
    return super.get(isJsonType(type) ? "application/json" : type);
  }
}

/** Matched by the service's path, because its description contains its own paths, not the gateway's. */
function withOpenapi({ file, basePath }: NonNullable<RequestValidationConfig["openapi"]>): FindContract {
  const find = compileOperations(readOperations(readDocument(file), basePath));
  return ({ method, upstreamPath }) => find(method, upstreamPath.split("?", 1)[0] ?? "");
}

function check(config: RequestValidationConfig, { readsFiles }: PolicyPlace): readonly ConfigIssue[] {
  const parts = (["body", "query", "headers", "params"] as const).filter(
    (part) => config[part] !== undefined,
  );
  if ((config.openapi === undefined) === (parts.length === 0)) {
    const message = "needs either schemas or openapi";
    return [{ path: "", message, expected: "body, query, headers or params; or openapi" }];
  }
  if (config.openapi !== undefined)
    return readsFiles
      ? attempt("/openapi/file", () => withOpenapi(config.openapi ?? { file: "", unknown: "refuse" }))
      : [];
  return parts.flatMap((part) => {
    if (!readsFiles && fileOf(config[part] ?? {}) !== null) return [];
    const { body: _body, query: _query, headers: _headers, params: _params, ...rest } = config;
    return attempt(`/${part}`, () => withSchemas({ ...rest, [part]: config[part] }));
  });
}

function attempt(path: string, compile: () => unknown): readonly ConfigIssue[] {
  try {
    compile();
    return [];
  } catch (thrown) {
    return [{ path, message: messageOf(thrown) }];
  }
}
