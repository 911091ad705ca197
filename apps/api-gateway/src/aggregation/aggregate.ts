import { CartwayError } from "@libs/errors";
import { discard } from "@libs/http1";
import { HeaderList } from "../model/http/header-list.ts";
import { isJsonObject } from "@libs/json";
import type { Service, ServiceRequest } from "../model/upstream/service.ts";
import { noTimings, type UpstreamResponse, type UpstreamTimeouts } from "../model/upstream/upstream.ts";
import { headersOf } from "./answer-headers.ts";
import type { PartPath } from "./part-path.ts";
import { failureOfStatus } from "./part-failure.ts";
import { type PartOutcome, PartRecord } from "./part-record.ts";
import type { PickFields } from "./pick-fields.ts";
import { readJson, type SharedBudget } from "./read-json.ts";

export interface AggregatePart {
  readonly name: string;
  readonly service: Service;
  readonly path: PartPath;
  readonly timeoutMs: number;
  readonly isRequired: boolean;
  readonly isFlat: boolean;
  readonly pick: PickFields;
  /** Called with the outcome of each part. */
  readonly count: (outcome: PartOutcome) => void;
}

/** The part's value; `null` where it failed. */
interface Given {
  readonly part: AggregatePart;
  readonly answer: { readonly value: unknown; readonly headers: HeaderList } | null;
}

/** The path that a part would be fetched from, for `explain`. */
export interface PlannedPart {
  readonly name: string;
  readonly service: string;
  readonly path: string;
  readonly isRequired: boolean;
  readonly timeoutMs: number;
}

/** Names the parts that are not there, beside them. */
const incompleteField = "_incomplete";

/** Range and conditional fields, which are not sent on: every service's answer is needed whole. */
const notForParts = [
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
  "range",
  "accept",
  "accept-encoding",
  "content-type",
  "content-encoding",
];

/** One answer composed of several services' answers, fetched in parallel. */
export class Aggregate {
  /** Timeouts of reading the request's own body, which is not used; each part has its service's own. */
  readonly timeouts: UpstreamTimeouts = { connectMs: 0, firstByteMs: 0, idleMs: 30_000 };
  readonly #parts: readonly AggregatePart[];
  readonly #bytesMax: number;

  constructor(parts: readonly AggregatePart[], bytesMax: number) {
    this.#parts = parts;
    this.#bytesMax = bytesMax;
  }

  /** Rejects with the `CartwayError` of the first required part that fails; the others are then given up. */
  async send(request: ServiceRequest): Promise<UpstreamResponse> {
    const giveUp = new AbortController();
    const budget = { bytesLeft: this.#bytesMax };
    const query = queryOf(request.path);
    const parts = this.#parts.map((part) => ({ part, record: new PartRecord(part.name, part.service.id) }));
    if (request.exchange !== null) request.exchange.parts = parts.map(({ record }) => record);
    const asked = parts.map((each) => ask({ ...each, request, query, budget, giveUp: giveUp.signal }));
    try {
      return toResponse(await Promise.all(asked));
    } catch (thrown) {
      giveUp.abort();
      throw thrown;
    }
  }

  describe(): readonly { readonly name: string; readonly service: string; readonly isRequired: boolean }[] {
    return this.#parts.map(({ name, service, isRequired }) => ({ name, service: service.id, isRequired }));
  }

  /** @param path with the query, as it is sent. */
  plan(params: Readonly<Record<string, string>>, path: string): readonly PlannedPart[] {
    const query = queryOf(path);
    return this.#parts.map(({ name, service, path: pathOf, isRequired, timeoutMs }) => ({
      name,
      service: service.id,
      path: pathOf(params, query),
      isRequired,
      timeoutMs,
    }));
  }
}

interface Asking {
  readonly part: AggregatePart;
  readonly record: PartRecord;
  readonly request: ServiceRequest;
  readonly query: URLSearchParams;
  readonly budget: SharedBudget;
  readonly giveUp: AbortSignal;
}

/** Rejects with `CartwayError` where the part is required, and where the request was aborted. */
async function ask({ part, record, request, query, budget, giveUp }: Asking): Promise<Given> {
  const { timeoutMs, service } = part;
  const end = (outcome: PartOutcome): void => {
    part.count(outcome);
    record.end(outcome);
  };
  const outer = AbortSignal.any([request.abortable.signal, giveUp]);
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new DOMException("a part took too long", "TimeoutError")),
    timeoutMs,
  );
  const signal = AbortSignal.any([outer, late.signal]);
  try {
    const response = await service.send({
      ...request,
      method: "GET",
      path: part.path(request.exchange?.params ?? {}, query),
      headers: headersFor(request.headers),
      body: null,
      contentLength: null,
      timeouts: service.timeouts,
      abortable: { signal },
      deadline: Math.min(request.deadline, performance.now() + timeoutMs),
    });
    record.status = response.status;
    const answer = await read(part, response, { budget, signal });
    end("answered");
    return { part, answer };
  } catch (thrown) {
    end(outer.aborted ? "abandoned" : "failed");
    if (part.isRequired || outer.aborted) throw toFailure(thrown);
    return { part, answer: null };
  } finally {
    clearTimeout(timer);
  }
}

async function read(
  { isFlat, pick }: AggregatePart,
  response: UpstreamResponse,
  { budget, signal }: { readonly budget: SharedBudget; readonly signal: AbortSignal },
): Promise<Given["answer"]> {
  if (response.status < 200 || response.status > 299) {
    discard(response);
    throw failureOfStatus(response);
  }
  const value = pick(await readJson(response, budget, signal));
  if (isFlat && !isJsonObject(value))
    throw new CartwayError("upstream_invalid", { internal: "it is not an object and has no fields" });
  return { value, headers: response.headers };
}

/** A service rejects with `CartwayError` only; any other error is its connection breaking within the body. */
function toFailure(thrown: unknown): CartwayError {
  return thrown instanceof CartwayError ? thrown : new CartwayError("upstream_reset", { cause: thrown });
}

/** Headers are copied per part: fields written for one target must not reach another. */
function headersFor(headers: HeaderList): HeaderList {
  const own = new HeaderList([...headers.raw]);
  for (const name of notForParts) own.delete(name);
  own.append("accept", "application/json");
  own.append("accept-encoding", "identity");
  return own;
}

function queryOf(path: string): URLSearchParams {
  const at = path.indexOf("?");
  return new URLSearchParams(at === -1 ? "" : path.slice(at + 1));
}

function toResponse(given: readonly Given[]): UpstreamResponse {
  const incomplete = given.filter(({ answer }) => answer === null).map(({ part }) => part.name);
  const answers = given.flatMap(({ answer }) => (answer === null ? [] : [answer.headers]));
  const fields = given.flatMap(fieldsOf);
  if (incomplete.length > 0) fields.push([incompleteField, incomplete]);
  const body = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)));
  return {
    status: 200,
    statusText: "",
    headers: headersOf(answers, incomplete),
    body,
    contentLength: body.byteLength,
    trailers: null,
    ...noTimings,
  };
}

function fieldsOf({ part: { name, isFlat }, answer }: Given): [name: string, value: unknown][] {
  if (answer === null) return [[name, null]];
  return isFlat && isJsonObject(answer.value) ? Object.entries(answer.value) : [[name, answer.value]];
}
