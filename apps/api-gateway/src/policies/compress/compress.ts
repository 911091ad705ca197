import type { Metrics } from "@libs/monitoring";
import type { Exchange, ExchangeResponse } from "../../model/exchange/exchange.ts";
import type { HeaderList } from "../../model/http/header-list.ts";
import type { PolicyDefinition } from "../../model/exchange/policy.ts";
import { addVary } from "../add-vary.ts";
import { dropBodyFields, weakenNotModified } from "../changed-body.ts";
import { chooseCoding } from "./choose-coding.ts";
import { createCoders } from "./coders.ts";
import { compressStream } from "./compress-stream.ts";
import { compressSchema } from "./schema.ts";

/** Types of streams whose parts must be delivered at once; a coder would buffer them. */
const streams: ReadonlySet<string> = new Set([
  "text/event-stream",
  "application/x-ndjson",
  "application/stream+json",
  "application/json-seq",
  "multipart/x-mixed-replace",
]);
/** Statuses without a body, with a partial one, or that are not final. */
const leftAlone: ReadonlySet<number> = new Set([101, 204, 205, 206, 304]);

/**
 * Compresses answers by the client's preference (RFC 9110, section 8.4), except those that are small, encoded already, marked
 * `no-transform`, partial, or event streams. `Vary` states it, and a strong ETag becomes weak, because the bytes differ.
 */
export const compressPolicy: PolicyDefinition<typeof compressSchema, { readonly metrics: Metrics }> = {
  type: "compress",
  phase: "encode",
  schema: compressSchema,
  create(config, { metrics }) {
    const coders = createCoders(config.levels);
    const isListed = compileTypes(config.contentTypes);
    const answers = metrics.counter({
      name: "cartway_compressed_responses_total",
      help: "Answers that were compressed, by coding.",
      labels: ["route", "coding"],
    });

    return {
      response(exchange) {
        const { response } = exchange;
        if (response === null) return undefined;
        if (response.status === 304 && weakenNotModified(exchange, response.headers))
          addVary(response.headers, "Accept-Encoding");
        if (!isCompressible(response, isListed)) return undefined;
        addVary(response.headers, "Accept-Encoding");
        const coding = chooseCoding(exchange.request.headers.get("accept-encoding"), config.encodings);
        const { body, headers } = response;
        if (coding === null || isKnownBelow(response, config.bytesMin)) return undefined;
        // Whatever a GET would have: it would not be these bytes (RFC 9110, 9.3.2).
        if (exchange.method === "HEAD") return dropBodyFields(headers);
        if (body === null) return undefined;
        if (!(body instanceof ReadableStream)) {
          const bytes = typeof body === "string" ? Buffer.from(body) : body;
          const packed = coders[coding].whole(bytes);
          const take = (smaller: Uint8Array): void => {
            // incompressible despite its type: keep the original
            if (smaller.byteLength >= bytes.byteLength) return;
            response.body = smaller;
            markEncoded(headers, coding);
            answers.with({ route: exchange.routeId, coding }).inc();
          };
          return packed instanceof Promise ? packed.then(take) : take(packed);
        }
        response.body = compressStream(body, coders[coding]);
        markEncoded(headers, coding);
        answers.with({ route: exchange.routeId, coding }).inc();
        return undefined;
      },
      explain: (exchange) => ({ verdict: "pass", inputs: inputsOf(exchange, config.encodings) }),
    };
  },
};

function inputsOf({ request }: Exchange, encodings: Parameters<typeof chooseCoding>[1]) {
  const accepted = request.headers.get("accept-encoding");
  return { accepts: accepted, coding: chooseCoding(accepted, encodings) };
}

function isCompressible({ status, headers }: ExchangeResponse, isListed: (type: string) => boolean): boolean {
  if (leftAlone.has(status) || headers.has("content-encoding")) return false;
  if (/(?:^|[\s,])no-transform(?:$|[\s,])/i.test(headers.getAll("cache-control").join(","))) return false;
  const type = (headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return !streams.has(type) && isListed(type);
}

/** The body's length, or the declared one: a HEAD has no body, and a stream may declare its length. */
function isKnownBelow({ body, streamed, headers }: ExchangeResponse, bytesMin: number): boolean {
  if (typeof body === "string") return Buffer.byteLength(body) < bytesMin;
  if (body instanceof Uint8Array) return body.byteLength < bytesMin;
  if (body !== null) return streamed?.body === body && streamed.bytes !== null && streamed.bytes < bytesMin;
  const declared = headers.get("content-length");
  return declared !== null && Number(declared) < bytesMin;
}

function compileTypes(types: readonly string[]): (type: string) => boolean {
  const exact = new Set(types.filter((type) => !type.includes("*")));
  const families = types.filter((type) => type.endsWith("/*")).map((type) => type.slice(0, -1));
  const suffixes = types.filter((type) => type.startsWith("*/*+")).map((type) => type.slice(3));
  return (type) =>
    exact.has(type) ||
    families.some((family) => type.startsWith(family)) ||
    suffixes.some((suffix) => type.endsWith(suffix));
}

function markEncoded(headers: HeaderList, coding: string): void {
  dropBodyFields(headers);
  headers.set("content-encoding", coding);
}
