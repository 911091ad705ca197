import { setNewest } from "../../model/set-newest.ts";
import { type DnsQuestion, type DnsServer, exchange } from "./exchange.ts";
import { type DnsMessage, type DnsRecord, recordTypes } from "./message.ts";

export interface ResolverOptions {
  readonly servers: () => readonly DnsServer[];
  /** Timeout of one query to one server. */
  readonly timeoutMs: number;
}

/** The records of a name. `ttl` in seconds. */
export interface Resolved<T> {
  readonly records: readonly T[];
  readonly ttl: number;
}

type SrvRecord = Extract<DnsRecord, { type: "srv" }>;

const rcodes = { ok: 0, noSuchName: 3 } as const;
const aliasesMax = 8;
const roundsMax = 2;
/** How long a name without records counts as empty where the server gives no TTL. */
const negativeTtlDefault = 30;
/** Names and families whose last addresses are kept; the oldest goes first. */
const keptMax = 2000;

/**
 * Queries DNS servers in order. A name without records is an empty answer; SERVFAIL, REFUSED and no answer are failures.
 */
export class Resolver {
  readonly #options: ResolverOptions;
  /** The last addresses, by family and name. */
  readonly #kept = new Map<string, readonly string[]>();

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  async srv(name: string, signal: AbortSignal): Promise<Resolved<SrvRecord>> {
    const message = await this.#ask({ name, type: recordTypes.SRV }, signal);
    const records = message.answers.filter((record) => record.type === "srv");
    return { records, ttl: ttlOf(message, records) };
  }

  /**
   * Addresses of both families, in no particular order. Where only one family is answered, the last addresses of the other stay: most
   * servers that fail for one will answer again, and some never do.
   */
  async addresses(
    name: string,
    families: readonly (4 | 6)[],
    signal: AbortSignal,
  ): Promise<Resolved<string>> {
    const types = families.map(typeOf);
    const results = await Promise.allSettled(types.map((type) => this.#family(name, type, signal)));
    const found = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const records = found.flatMap((one) => one.records);
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined && records.length === 0) throw failed.reason;
    const holding = records.length === 0 ? found : found.filter((one) => one.records.length > 0);
    const kept = results.flatMap(({ status }, index) =>
      status === "rejected" ? this.#lastOf(name, types[index]) : [],
    );
    return { records: [...records, ...kept], ttl: Math.min(...holding.map(({ ttl }) => ttl)) };
  }

  /** What `addresses` found last for a name that cannot be resolved now. */
  lastAddresses(name: string, families: readonly (4 | 6)[]): string[] {
    return families.flatMap((family) => this.#lastOf(name, typeOf(family)));
  }

  #lastOf(name: string, type: number | undefined): readonly string[] {
    return this.#kept.get(keyOf(name, type)) ?? [];
  }

  async #family(name: string, type: number, signal: AbortSignal): Promise<Resolved<string>> {
    let asked = name.toLowerCase().replace(/\.$/, "");
    let ttl = Number.POSITIVE_INFINITY;
    for (let alias = 0; alias <= aliasesMax; alias += 1) {
      const message = await this.#ask({ name: asked, type }, signal);
      const chain = followAliases(message.answers, asked);
      ttl = Math.min(ttl, chain.ttl);
      const records = message.answers.filter(
        (record) => record.type === "address" && record.name === chain.name,
      );
      const addresses = records.flatMap((record) => (record.type === "address" ? [record.address] : []));
      // a server may answer with an alias only, which has to be queried next
      if (addresses.length > 0 || chain.name === asked) {
        setNewest(this.#kept, keyOf(name, type), addresses, keptMax);
        return { records: addresses, ttl: Math.min(ttl, ttlOf(message, records)) };
      }
      asked = chain.name;
    }
    throw new Error(`${name} is an alias of an alias of too many`);
  }

  async #ask(question: DnsQuestion, signal: AbortSignal): Promise<DnsMessage> {
    const { servers, timeoutMs } = this.#options;
    let failure: unknown = new Error("no DNS server is configured");
    for (let round = 0; round < roundsMax; round += 1) {
      for (const server of servers()) {
        signal.throwIfAborted();
        try {
          const message = await exchange(server, question, { timeoutMs, signal });
          if (message.rcode === rcodes.ok || message.rcode === rcodes.noSuchName) return message;
          failure = new Error(`the DNS server answered ${question.name} with rcode ${message.rcode}`);
        } catch (thrown) {
          failure = thrown;
        }
      }
    }
    throw failure;
  }
}

function typeOf(family: 4 | 6): number {
  return family === 4 ? recordTypes.A : recordTypes.AAAA;
}

function keyOf(name: string, type: number | undefined): string {
  return `${type} ${name}`;
}

/** Follows the aliases within one answer. */
function followAliases(answers: readonly DnsRecord[], from: string): { name: string; ttl: number } {
  let name = from;
  let ttl = Number.POSITIVE_INFINITY;
  for (let step = 0; step < aliasesMax; step += 1) {
    const alias = answers.find((record) => record.type === "cname" && record.name === name);
    if (alias?.type !== "cname") break;
    name = alias.target;
    ttl = Math.min(ttl, alias.ttl);
  }
  return { name, ttl };
}

function ttlOf(message: DnsMessage, records: readonly DnsRecord[]): number {
  if (records.length > 0) return Math.min(...records.map(({ ttl }) => ttl));
  const soa = message.authorities.find((record) => record.type === "soa");
  return soa?.type === "soa" ? soa.negativeTtl : negativeTtlDefault;
}
