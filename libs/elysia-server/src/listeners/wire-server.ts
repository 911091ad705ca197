import {
  agreeToWebSocket,
  type IncomingRequest,
  incomingOf,
  type ServerSockets,
  WireRequest,
} from "@libs/http1";
import type { AppServer } from "../app.ts";

/** An app's view of a listener on raw sockets. */
export class WireServer implements AppServer {
  readonly #sockets: ServerSockets;
  readonly #listening: () => Pick<AppServer, "hostname" | "port">;

  /** @param listening returns the address, once the listener is open. */
  constructor(sockets: ServerSockets, listening: () => Pick<AppServer, "hostname" | "port">) {
    this.#sockets = sockets;
    this.#listening = listening;
  }

  get hostname(): AppServer["hostname"] {
    return this.#listening().hostname;
  }
  get port(): AppServer["port"] {
    return this.#listening().port;
  }
  get pendingWebSockets(): number {
    return this.#sockets.size;
  }

  requestIP(request: IncomingRequest): ReturnType<AppServer["requestIP"]> {
    return wireRequestOf(request)?.origin?.peer ?? null;
  }

  upgrade(request: IncomingRequest, { data, headers }: Parameters<AppServer["upgrade"]>[1]): boolean {
    const asked = wireRequestOf(request);
    const agreement = asked === null ? null : agreeToWebSocket(asked, new Headers(headers));
    if (asked === null || agreement === null) return false;
    return asked.origin?.takeOver(asked, (wire) => this.#sockets.open(wire, data, agreement)) ?? false;
  }

  publish(topic: string, data: string | Uint8Array<ArrayBuffer>): number {
    return this.#sockets.publish(topic, data);
  }
}

function wireRequestOf(request: IncomingRequest): WireRequest | null {
  const asked = incomingOf(request);
  return asked instanceof WireRequest ? asked : null;
}
