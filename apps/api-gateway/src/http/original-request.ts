import { requestIdOf, type AppServer } from "@libs/elysia-server";
import type { IncomingRequest } from "@libs/http1";
import type { OriginalRequest } from "../model/identity/credentials.ts";
import type { RequestTarget } from "../model/exchange/exchange.ts";
import type { HeaderList } from "../model/http/header-list.ts";
import type { Snapshot } from "../pipeline/snapshot.ts";
import { clientAddress, peerAddress } from "../routing/client-address.ts";
import { readTarget } from "./request-target.ts";
import { upstreamHeadersOf } from "./upstream-headers.ts";

const nothing: ReadonlySet<string> = new Set();

/** An unrouted request, in the form that services may be told about it. Computed on first use. */
export class LateOriginal implements OriginalRequest {
  readonly #request: IncomingRequest;
  readonly #server: AppServer;
  readonly #snapshot: Snapshot;

  constructor(request: IncomingRequest, server: AppServer, snapshot: Snapshot) {
    this.#request = request;
    this.#server = server;
    this.#snapshot = snapshot;
  }

  get method(): string {
    return this.#request.method;
  }

  /** @throws CartwayError `invalid_path`, `uri_too_long` */
  get target(): RequestTarget {
    return readTarget(this.#request, this.#server.isBehindTls, this.#snapshot.config.server);
  }

  get clientIp(): string {
    return clientAddress(this.#request, this.#server, this.#snapshot.proxies);
  }

  /** @throws CartwayError `loop_detected`, `invalid_header` */
  get upstreamHeaders(): HeaderList {
    const { proxies, via, identities, config } = this.#snapshot;
    const peerIp = peerAddress(this.#request, this.#server);
    return upstreamHeadersOf(
      this.#request.headers,
      {
        connection: null,
        clientIp: this.clientIp,
        peerIp,
        isPeerTrusted: proxies.trusts(peerIp),
        scheme: this.target.scheme,
        requestId: requestIdOf(this.#request),
        via,
        forwarded: config.server.forwarded,
        ownHeaders: identities.ownHeaders,
      },
      nothing,
    );
  }
}
