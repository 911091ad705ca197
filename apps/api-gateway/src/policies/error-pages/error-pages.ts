import { CartwayError, renderErrorParts } from "@libs/errors";
import { discard } from "@libs/http1";
import type { Metrics } from "@libs/monitoring";
import type { Exchange, ExchangeResponse } from "../../model/exchange/exchange.ts";
import type { HeaderList } from "../../model/http/header-list.ts";
import type { Policy, PolicyDefinition, PolicyRoute } from "../../model/exchange/policy.ts";
import type { PolicyDeps } from "../policy-deps.ts";
import { checkErrorPages, ErrorPages, htmlType } from "./pages.ts";
import { addVary } from "../add-vary.ts";
import { errorPagesSchema } from "./schema.ts";

/** HTML error pages of a route. Runs last on every answer, after all other policies. */
export const errorPages: PolicyDefinition<typeof errorPagesSchema, PolicyDeps> = {
  type: "error-pages",
  phase: "guard",
  schema: errorPagesSchema,
  check: checkErrorPages,
  create(config, { metrics }) {
    const pages = new ErrorPages(config);
    return (route) => createErrorPages(pages, metrics, route);
  },
};

/** The same policy with pages that several routes share. */
export function createErrorPages(pages: ErrorPages, metrics: Metrics, route: PolicyRoute): Policy {
  const counted = countErrorPages(metrics, route.id);
  const replacesAnswers = pages.serviceErrors && route.service !== null;

  function withPage(exchange: Exchange, answer: ExchangeResponse, error: CartwayError): ExchangeResponse {
    const { request, requestId } = exchange;
    const { status, headers } = answer;
    if (!pages.has(status)) return answer;
    addVary(headers, "Accept");
    const { code, message } = error;
    const page = pages.page({ status, code, message, requestId }, request.headers.get("accept"));
    if (page === null) return answer;
    dropFieldsOfBody(headers);
    headers.set("content-type", htmlType);
    counted(status);
    return { ...answer, body: page };
  }

  return {
    response(exchange) {
      const { response } = exchange;
      if (response === null || response.status < 400) return;
      const isOwn = response.error !== undefined || response.byPolicy === true;
      const isReplaced = replacesAnswers && !isOwn && response.status >= 500;
      const answer = isReplaced ? withEnvelope(exchange, response) : response;
      if (answer.error !== undefined) exchange.response = withPage(exchange, answer, answer.error);
    },
    explain: () => ({
      verdict: "pass",
      inputs: { html: pages.statuses, serviceErrors: replacesAnswers },
    }),
  };
}

/** Counts the pages that were given to callers of a route. */
function countErrorPages(metrics: Metrics, route: string): (status: number) => void {
  const counter = metrics.counter({
    name: "cartway_error_pages_total",
    help: "Answers that were given as a page in place of the envelope, by status.",
    labels: ["route", "status"],
  });
  return (status) => counter.with({ route, status: `${status}` }).inc();
}

/** Fields that describe the replaced body. */
const ofBody = [
  "content-type",
  "content-length",
  "content-encoding",
  "content-language",
  "content-disposition",
  "content-location",
  "content-md5",
  "content-digest",
  "repr-digest",
  "digest",
  "etag",
  "last-modified",
  "accept-ranges",
  "trailer",
];

function dropFieldsOfBody(headers: HeaderList): void {
  for (const name of ofBody) headers.delete(name);
}

/** Replaces a service's error body; keeps the status and Retry-After. */
function withEnvelope({ requestId }: Exchange, response: ExchangeResponse): ExchangeResponse {
  discard(response);
  const error = new CartwayError("service_failed");
  const { headers: fields, body } = renderErrorParts(error, requestId);
  const { status, headers } = response;
  dropFieldsOfBody(headers);
  for (const [name, value] of Object.entries(fields)) headers.set(name, value);
  return { status, headers, body, error };
}
