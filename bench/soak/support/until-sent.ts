import type { Figure } from "@libs/measuring";
import type { GatewayProcess } from "./start-gateway.ts";

/** The warm-up: by then the bounded caches and the heap have reached the size that the gateway needs. */
const warmShare = 0.3;

export interface Chunk {
  readonly requests: number;
  readonly errors: number;
}

interface Sample extends Chunk {
  readonly sent: number;
  readonly residentMiB: number;
}

export interface SentInChunks {
  readonly sent: number;
  readonly errors: number;
  /** Growth of resident memory once warm, with its bound. */
  readonly figures: readonly Figure[];
}

/** Sends chunk after chunk until this many requests were sent, and reports the gateway's memory after each. */
export async function untilSent(
  requests: number,
  gateway: GatewayProcess,
  drive: (sent: number) => Promise<Chunk>,
): Promise<SentInChunks> {
  const samples: Sample[] = [];
  let sent = 0;
  while (sent < requests) {
    const chunk = await drive(sent);
    sent += chunk.requests;
    const residentMiB = gateway.residentMiB();
    samples.push({ ...chunk, sent, residentMiB });
    console.log(`  ${sent.toString().padStart(10)} sent, ${residentMiB.toFixed(0)} MiB resident`);
  }
  return {
    sent,
    errors: samples.reduce((sum, { errors }) => sum + errors, 0),
    figures: figuresOf(samples, sent),
  };
}

function figuresOf(samples: readonly Sample[], sent: number): readonly Figure[] {
  const warm = samples.filter((sample) => sample.sent >= sent * warmShare);
  const half = Math.ceil(warm.length / 2);
  const [before, after] = [highest(warm.slice(0, half)), highest(warm.slice(-half))];
  return [
    { what: "resident at most, first half once warm", value: before, unit: "MiB" },
    { what: "resident at most, second half", value: after, unit: "MiB" },
    { what: "ratio", value: after / before, unit: "x", atMost: 1.1 },
  ];
}

function highest(samples: readonly Sample[]): number {
  return Math.max(...samples.map((sample) => sample.residentMiB));
}
