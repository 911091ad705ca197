import { ownText, ReadyLines, type RequestHeaders } from "@libs/http1";
import type { ForwardingFacts } from "./upstream-headers.ts";

type Describe = (headers: RequestHeaders, facts: ForwardingFacts) => readonly string[];

/** Header lines shared by all requests of a connection with the same host. */
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
 * The fields that `describe` returns, computed once per connection. `null` where they can differ between requests, because proxies in
 * front of this one wrote some of them.
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
