import { ownText, ReadyLines, type RequestHeaders } from "@libs/http1";
import type { ForwardingFacts } from "./upstream-headers.ts";

type Describe = (headers: RequestHeaders, facts: ForwardingFacts) => readonly string[];

/** Header lines that all requests of a connection have in common, as long as they are for the same host. */
class SharedLines {
  readonly lines: ReadyLines;
  readonly #host: string;
  readonly #peerIp: string;
  readonly #scheme: string;
  readonly #via: string;
  readonly #forwarded: boolean;

  constructor(host: string, { peerIp, scheme, via, forwarded }: ForwardingFacts, lines: ReadyLines) {
    this.lines = lines;
    this.#host = ownText(host);
    this.#peerIp = peerIp;
    this.#scheme = scheme;
    this.#via = via;
    this.#forwarded = forwarded;
  }

  areOf(host: string, { peerIp, scheme, via, forwarded }: ForwardingFacts): boolean {
    return (
      this.#host === host &&
      this.#peerIp === peerIp &&
      this.#scheme === scheme &&
      this.#via === via &&
      this.#forwarded === forwarded
    );
  }
}

/**
 * What `describe` tells of a request, written once for all of its connection that it tells the same of. `null` where it may tell
 * something else of each: of what proxies before this one have written.
 */
export function sharedLines(
  headers: RequestHeaders,
  facts: ForwardingFacts,
  describe: Describe,
): ReadyLines | null {
  const { connection, isPeerTrusted } = facts;
  if (connection === null || isPeerTrusted || headers.has("via")) return null;
  const host = headers.get("host") ?? "";
  const { memo } = connection;
  if (memo instanceof SharedLines && memo.areOf(host, facts)) return memo.lines;
  const lines = new ReadyLines(describe(headers, facts));
  connection.memo = new SharedLines(host, facts, lines);
  return lines;
}
