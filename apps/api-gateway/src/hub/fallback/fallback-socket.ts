import { timingSafeEqual } from "node:crypto";
import type { Connection } from "../connections/connection.ts";
import type { HubSocket } from "../connections/hub-socket.ts";

/** A transport for clients without WebSockets: an event stream, or answers to polls. */
export abstract class FallbackSocket implements HubSocket {
  /** Authenticates requests for this connection, whose id alone is visible to others. */
  readonly secret = crypto.getRandomValues(Buffer.alloc(18)).toString("base64url");
  #onClosed: ((code: number) => void) | null = null;

  /** The callback runs once, when nothing more can be sent. */
  onClosed(callback: (code: number) => void): void {
    this.#onClosed = callback;
  }

  abstract send(text: string): number;
  abstract getBufferedAmount(): number;
  /** Flushes what was sent and closes. */
  protected abstract finish(code: number, reason: string): void;

  cork(callback: () => void): void {
    callback();
  }

  close(code: number, reason: string): void {
    if (this.#onClosed === null) return;
    this.finish(code, reason);
    this.ended(code);
  }

  terminate(): void {
    this.close(1006, "terminated");
  }

  /** Requests cannot be paused; `forwardFrame` refuses frames beyond the limit. */
  pause(): void {}
  resume(): void {}

  subscribe(): boolean {
    return false;
  }

  unsubscribe(): boolean {
    return false;
  }

  protected ended(code: number): void {
    const callback = this.#onClosed;
    this.#onClosed = null;
    callback?.(code);
  }
}

/** Compares the connection's secret in constant time. */
export function isSender({ socket }: Connection, secret: string): boolean {
  if (!(socket instanceof FallbackSocket)) return false;
  const [own, given] = [Buffer.from(socket.secret), Buffer.from(secret)];
  return own.length === given.length && timingSafeEqual(own, given);
}
