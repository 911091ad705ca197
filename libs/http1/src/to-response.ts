import { WireResponse } from "./wire-response.ts";

export type Answer = Response | WireResponse;

/** Converts an answer for `Bun.serve`, which only accepts a `Response`. */
export function toResponse(answer: Answer): Response {
  if (!(answer instanceof WireResponse)) return answer;
  const { status, body, block, reason } = answer;
  const fields = block === null ? answer.fields : [...block.fields(), ...answer.fields];
  return new Response(body as Uint8Array<ArrayBuffer> | string | ReadableStream | null, {
    status,
    ...(reason === "" ? {} : { statusText: reason }),
    headers: recordOf(fields),
  });
}

/**
 * A record where no name occurs twice, which is the usual case: Bun creates a `Response` from it at less than half the cost of `Headers`
 * (0.9 us against 2.2).
 */
function recordOf(fields: readonly string[]): Record<string, string> | Headers {
  const record: Record<string, string> = {};
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? "";
    // `in` also finds inherited names such as `__proto__`: `Headers` handle those
    if (name in record) return headersOf(fields);
    record[name] = fields[index + 1] ?? "";
  }
  return record;
}

function headersOf(fields: readonly string[]): Headers {
  const headers = new Headers();
  for (let index = 0; index < fields.length; index += 2)
    headers.append(fields[index] ?? "", fields[index + 1] ?? "");
  return headers;
}
