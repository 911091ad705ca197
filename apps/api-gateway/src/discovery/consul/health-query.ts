import { get, readJson } from "../get-json.ts";
import type { ConsulConfig } from "./consul.ts";
import { type HealthEntry, readEntries } from "./health-entries.ts";

/** `null` where none is configured. */
export interface ConsulSecrets {
  readonly token: string | null;
  readonly ca: string | null;
}

interface Query {
  /** Waits for a change after it; 0 for none. */
  readonly index: number;
  readonly maybeStale: boolean;
}

/**
 * One service's health by blocking queries, with the rules of Consul's documentation ("Blocking Queries"): an index that goes
 * backwards is reset to 0, one that is not above 0 counts as 1, and an unchanged index means no change. A failure resets it too: the next
 * query is then answered at once, not after its wait, which may be minutes if the service is as it was.
 */
export class HealthQuery {
  readonly #config: ConsulConfig;
  readonly #readSecrets: () => ConsulSecrets;
  readonly #random: () => number;
  #index = 0;

  constructor(
    config: ConsulConfig,
    readSecrets: () => ConsulSecrets,
    { random }: { readonly random: () => number },
  ) {
    this.#config = config;
    this.#readSecrets = readSecrets;
    this.#random = random;
  }

  /** Waits for a change; `null` without one. Rejects where the agent does not answer. */
  async next(signal: AbortSignal): Promise<readonly HealthEntry[] | null> {
    const before = this.#index;
    this.#index = 0;
    let answer = await this.#ask(signal, { index: before, maybeStale: this.#config.staleMsMax > 0 });
    // a server without a leader may list instances that are long gone
    if (answer.isTooStale) answer = await this.#ask(signal, { index: before, maybeStale: false });
    this.#index = nextIndex(before, answer.index);
    return before > 0 && answer.index === before ? null : answer.entries;
  }

  async #ask(signal: AbortSignal, query: Query) {
    const { staleMsMax, waitMs, timeoutMs } = this.#config;
    // the agent adds up to a sixteenth of the wait as jitter, and does not wait without an index
    const waitMsMax = query.index > 0 ? waitMs + waitMs / 16 : 0;
    const timeout = AbortSignal.timeout(waitMsMax + timeoutMs);
    const { token, ca } = this.#readSecrets();
    const response = await get(this.#url(query), {
      headers: token === null ? {} : { "x-consul-token": token },
      signal: AbortSignal.any([signal, timeout]),
      ...(ca === null ? {} : { ca }),
    });
    const { headers } = response;
    const lastContactMs = Number(headers.get("x-consul-lastcontact") ?? 0);
    const hasLeader = headers.get("x-consul-knownleader") !== "false";
    const entries = readEntries(await readJson(response));
    if (entries.length === 0 && headers.get("x-consul-results-filtered-by-acls") === "true")
      throw new Error("the token may not read the service or its nodes");
    return {
      entries,
      index: Number(headers.get("x-consul-index") ?? 0),
      isTooStale: query.maybeStale && (!hasLeader || lastContactMs > staleMsMax),
    };
  }

  #url({ index, maybeStale }: Query): string {
    const { url, service, tag, datacenter, namespace, partition, including, waitMs } = this.#config;
    const query = new URLSearchParams();
    if (including === "passing") query.set("passing", "1");
    if (tag !== undefined) query.set("tag", tag);
    if (datacenter !== undefined) query.set("dc", datacenter);
    if (namespace !== undefined) query.set("ns", namespace);
    if (partition !== undefined) query.set("partition", partition);
    if (maybeStale) query.set("stale", "");
    if (index > 0) {
      query.set("index", `${index}`);
      query.set("wait", `${Math.round(waitMs * (0.9 + this.#random() * 0.1))}ms`);
    }
    return `${url}/v1/health/service/${encodeURIComponent(service)}?${query.toString()}`;
  }
}

function nextIndex(before: number, given: number): number {
  if (!Number.isSafeInteger(given) || given < 1) return 1;
  return given < before ? 0 : given;
}
