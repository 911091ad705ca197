import { timingSafeEqual } from "node:crypto";
import type { Connection } from "../connections/connection.ts";
import type { HubSocket } from "../connections/hub-socket.ts";

/** What carries texts to a client that cannot hold a WebSocket: a stream, or answers to polls. */
export abstract class FallbackSocket implements HubSocket {
  /** Proves who sends for this connection: its id alone is shown to others. */
  readonly secret = crypto.getRandomValues(Buffer.alloc(18)).toString("base64url");
  #onClosed: ((code: number) => void) | null = null;

  /** Called once, when nothing can be sent any more. */
  onClosed(callback: (code: number) => void): void {
    this.#onClosed = callback;
  }

  abstract send(text: string): number;
  abstract getBufferedAmount(): number;
  /** Lets what was sent go out, and ends. */
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

  /** Requests cannot be read slower: a frame too many is refused by `forwardFrame`. */
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

/** Whether this is the secret of that connection, in a time that tells nothing. */
export function isSender({ socket }: Connection, secret: string): boolean {
  if (!(socket instanceof FallbackSocket)) return false;
  const [own, given] = [Buffer.from(socket.secret), Buffer.from(secret)];
  return own.length === given.length && timingSafeEqual(own, given);
}
