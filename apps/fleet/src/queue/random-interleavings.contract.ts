import { expect, test } from "bun:test";
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  constant,
  integer,
  nat,
  oneof,
  record,
} from "fast-check";
import { ModelQueue } from "../../test/support/model-queue.ts";
import type { CommandQueue } from "./command-queue.ts";

const start = Date.UTC(2026, 0, 1);

const seconds = integer({ min: 1, max: 40 });
const anyClaim = nat(20);

/** One random step, as small numbers: which device, which of the claims made so far. */
const step = oneof(
  { weight: 3, arbitrary: record({ do: constant("put"), device: nat(1), priority: nat(9), life: nat(90) }) },
  {
    weight: 5,
    arbitrary: record({
      do: constant("claim"),
      device: nat(1),
      max: integer({ min: 1, max: 4 }),
      visible: seconds,
    }),
  },
  { weight: 3, arbitrary: record({ do: constant("extend"), claim: anyClaim, visible: seconds }) },
  { weight: 3, arbitrary: record({ do: constant("result"), claim: anyClaim }) },
  { weight: 1, arbitrary: record({ do: constant("crash"), claim: anyClaim }) },
  { weight: 4, arbitrary: record({ do: constant("clock"), seconds: nat(30) }) },
);

type Step = typeof step extends Arbitrary<infer T> ? T : never;

interface Claimed {
  readonly commandId: string;
  readonly deviceId: string;
  readonly digest: string;
}

/** Any interleaving of puts, claims, extensions, results, crashed holders and time gets the model's answers. */
export function describeRandomInterleavings(queue: () => CommandQueue, rounds: number): void {
  test(`${rounds} random interleavings give the results of the model`, async () => {
    const counts = { claims: 0 };
    await assert(
      asyncProperty(array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const run = new Run(queue());
        for (const one of steps) await run.take(one);
        counts.claims += run.claimsMade;
      }),
      { numRuns: rounds },
    );
    expect(counts.claims).toBeGreaterThan(rounds);
  }, 60_000);
}

class Run {
  readonly #queue: CommandQueue;
  readonly #model = new ModelQueue();
  readonly #devices = [crypto.randomUUID(), crypto.randomUUID()];
  #claims: Claimed[] = [];
  #nowMs = start;
  claimsMade = 0;

  constructor(queue: CommandQueue) {
    this.#queue = queue;
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "put":
        return await this.#put(step);
      case "claim":
        return await this.#claim(step);
      case "clock":
        this.#nowMs += step.seconds * 1000;
        return;
      default:
        return await this.#withClaim(step);
    }
  }

  async #put({ device, priority, life }: { device: number; priority: number; life: number }): Promise<void> {
    const entry = {
      commandId: Bun.randomUUIDv7(),
      deviceId: this.#devices[device] ?? "",
      priority,
      createdAtMs: this.#nowMs,
      deadlineMs: this.#nowMs + life * 1000,
      attemptsMax: 3,
    };
    this.#model.put(entry);
    await this.#queue.put([entry]);
  }

  async #claim({ device, max, visible }: { device: number; max: number; visible: number }): Promise<void> {
    const request = {
      deviceId: this.#devices[device] ?? "",
      max,
      visibilityMs: visible * 1000,
      claimDigest: crypto.randomUUID(),
      nowMs: this.#nowMs,
    };
    const expected = this.#model.claim(request);
    expect(await this.#queue.claim(request)).toEqual(expected);
    this.claimsMade += expected.length;
    for (const { commandId } of expected)
      this.#claims.push({ commandId, deviceId: request.deviceId, digest: request.claimDigest });
  }

  async #withClaim(step: { do: string; claim: number; visible?: number }): Promise<void> {
    const claimed = this.#claims[step.claim % Math.max(1, this.#claims.length)];
    if (claimed === undefined) return;
    // a crashed holder never presents its token again, and its commands return by themselves
    if (step.do === "crash") this.#claims = this.#claims.filter(({ digest }) => digest !== claimed.digest);
    if (step.do === "result") {
      this.#model.remove(claimed.commandId);
      await this.#queue.remove([claimed]);
    }
    if (step.do !== "extend") return;
    const request = {
      ...claimed,
      claimDigest: claimed.digest,
      visibilityMs: (step.visible ?? 1) * 1000,
      nowMs: this.#nowMs,
    };
    expect(await this.#queue.extend(request)).toEqual(this.#model.extend(request));
  }
}
