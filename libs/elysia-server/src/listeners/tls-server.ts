import type { IncomingRequest, ServerSockets } from "@libs/http1";
import type { AppServer } from "../app.ts";
import type { FrontSockets } from "./front-sockets.ts";
import type { Http2Bridge } from "./http2-bridge.ts";
import { WireServer } from "./wire-server.ts";

export interface TlsServerParts {
  readonly sockets: ServerSockets;
  readonly fronts: FrontSockets;
  /** `null` where HTTP/2 is disabled. */
  readonly bridge: Http2Bridge | null;
  readonly listening: () => Pick<AppServer, "hostname" | "port">;
}

/** An app's view of a TLS listener. WebSockets are not available over HTTP/2. */
export class TlsServer extends WireServer {
  readonly isBehindTls = true;
  readonly #fronts: FrontSockets;
  readonly #bridge: Http2Bridge | null;

  constructor({ sockets, fronts, bridge, listening }: TlsServerParts) {
    super(sockets, listening);
    this.#fronts = fronts;
    this.#bridge = bridge;
  }

  override requestIP(request: IncomingRequest): ReturnType<AppServer["requestIP"]> {
    return super.requestIP(request) ?? this.#bridge?.peerOf(request)?.address ?? null;
  }

  timeout(request: IncomingRequest, seconds: number): void {
    const peer = this.#bridge?.peerOf(request) ?? null;
    if (peer !== null) this.#fronts.hurry(peer.socket, seconds * 1000);
  }
}
