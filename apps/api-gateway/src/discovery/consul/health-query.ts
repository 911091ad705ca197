import { get, readJson } from "../get-json.ts";
import type { ConsulConfig } from "./consul.ts";
import { type HealthEntry, readEntries } from "./health-entries.ts";

/** What the client adds to the wait before it gives an agent up. */
const graceMs = 10_000;

/**
 * One service's health as blocking queries tell it, by the rules of Consul's documentation ("Blocking Queries"): the index goes
 * back to 0 when it runs backwards, one that is not above 0 counts as 1, and a query that returns with the same index brings
 * nothing new.
 */
export class HealthQuery {
  readonly #config: ConsulConfig;
  readonly #readToken: () => string | null;
  readonly #random: () => number;
  #index = 0;

  constructor(
    config: ConsulConfig,
    readToken: () => string | null,
    { random }: { readonly random: () => number },
  ) {
    this.#config = config;
    this.#readToken = readToken;
    this.#random = random;
  }

  /** Waits for a change. `null` where there is none; rejects where the agent gives no answer. */
  async next(signal: AbortSignal): Promise<readonly HealthEntry[] | null> {
    const before = this.#index;
    let answer = await this.#ask(signal, this.#config.staleMsMax > 0);
    // A server that has lost its leader may tell of instances that are long gone.
    if (answer.isTooStale) answer = await this.#ask(signal, false);
    this.#index = nextIndex(before, answer.index);
    return before > 0 && answer.index === before ? null : answer.entries;
  }

  async #ask(signal: AbortSignal, maybeStale: boolean) {
    const { staleMsMax, waitMs } = this.#config;
    // The agent itself adds up to a sixteenth, so that not all queries end at once.
    const timeout = AbortSignal.timeout(waitMs + waitMs / 16 + graceMs);
    const token = this.#readToken();
    const response = await get(this.#url(maybeStale), {
      headers: token === null ? {} : { "x-consul-token": token },
      signal: AbortSignal.any([signal, timeout]),
    });
    const { headers } = response;
    const lastContactMs = Number(headers.get("x-consul-lastcontact") ?? 0);
    const hasLeader = headers.get("x-consul-knownleader") !== "false";
    return {
      entries: readEntries(await readJson(response)),
      index: Number(headers.get("x-consul-index") ?? 0),
      isTooStale: maybeStale && (!hasLeader || lastContactMs > staleMsMax),
    };
  }

  #url(maybeStale: boolean): string {
    const { url, service, tag, datacenter, namespace, partition, including, waitMs } = this.#config;
    const query = new URLSearchParams();
    if (including === "passing") query.set("passing", "1");
    if (tag !== undefined) query.set("tag", tag);
    if (datacenter !== undefined) query.set("dc", datacenter);
    if (namespace !== undefined) query.set("ns", namespace);
    if (partition !== undefined) query.set("partition", partition);
    if (maybeStale) query.set("stale", "");
    if (this.#index > 0) {
      query.set("index", `${this.#index}`);
      query.set("wait", `${Math.round(waitMs * (0.9 + this.#random() * 0.1))}ms`);
    }
    return `${url}/v1/health/service/${encodeURIComponent(service)}?${query.toString()}`;
  }
}

function nextIndex(before: number, given: number): number {
  if (!Number.isSafeInteger(given) || given < 1) return 1;
  return given < before ? 0 : given;
}
