import {
  UpstreamFailure,
  type UpstreamTarget,
  type UpstreamTimeouts,
} from "../../model/upstream/upstream.ts";

/** Too long to end any test. */
export const patientTimeouts: UpstreamTimeouts = { connectMs: 10_000, firstByteMs: 10_000, idleMs: 10_000 };

export function targetOf(url: string): UpstreamTarget {
  const { hostname, port, host } = new URL(url);
  return { id: host, protocol: "http", host: hostname, port: Number(port) };
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

export async function textOf(body: Uint8Array | ReadableStream<Uint8Array> | null): Promise<string> {
  return await new Response(body as Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null).text();
}

/** The failure of a call. @throws Error where it succeeded. */
export async function failureOf(call: Promise<unknown>): Promise<UpstreamFailure> {
  try {
    await call;
  } catch (thrown) {
    if (thrown instanceof UpstreamFailure) return thrown;
    throw thrown;
  }
  throw new Error("the call was answered");
}
