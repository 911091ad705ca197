import { CartwayError } from "@libs/errors";
import { parseExactJson, readJsonText } from "@libs/json";
import type { UpstreamResponse } from "../model/upstream/upstream.ts";

/** Deeper than any real document, and far from the end of any stack. */
const depthMax = 512;

/** The remaining bytes that all parts of one answer may read. */
export interface SharedBudget {
  bytesLeft: number;
}

const faults = {
  encoding: "it is not UTF-8",
  depth: "it is nested too deeply",
  syntax: "it is no JSON",
} as const;

/**
 * The JSON of a service's answer, its numbers as `parseExactJson` keeps them; `null` if it is empty. @throws CartwayError `upstream_invalid` for content that is not JSON, is encoded,
 * or exceeds the budget, `upstream_timeout` once the signal is aborted; the rest is not read.
 */
export async function readJson(
  response: UpstreamResponse,
  budget: SharedBudget,
  signal: AbortSignal,
): Promise<unknown> {
  const coding = response.headers.get("content-encoding");
  const isEncoded = coding !== null && coding.toLowerCase() !== "identity";
  const bytes = await readBytes(response.body, budget, signal);
  if (bytes.byteLength === 0) return null;
  if (isEncoded) throw invalid("it is encoded, though it was asked not to be");
  const read = readJsonText(bytes, depthMax, parseExactJson);
  if (!read.ok) throw invalid(faults[read.fault]);
  return read.value;
}

async function readBytes(
  body: UpstreamResponse["body"],
  budget: SharedBudget,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  if (body instanceof Uint8Array) {
    take(body, budget);
    return body;
  }
  const chunks: Uint8Array[] = [];
  const reader = body.getReader();
  const stop = (): void => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted)
        throw new CartwayError("upstream_timeout", { internal: "the client has disconnected" });
      if (done) return Buffer.concat(chunks);
      take(value, budget);
      chunks.push(value);
    }
  } catch (thrown) {
    stop();
    throw thrown;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function take({ byteLength }: Uint8Array, budget: SharedBudget): void {
  if (byteLength > budget.bytesLeft) throw invalid("the answers together are larger than allowed");
  budget.bytesLeft -= byteLength;
}

function invalid(internal: string): CartwayError {
  return new CartwayError("upstream_invalid", { internal });
}
