/** The part of a WebSocket that the client requires of a transport. */
export interface ClientSocket {
  /** 2 or 3 once it is closing. */
  readonly readyState: number;
  send(text: string): void;
  close(code?: number): void;
  /** Carries no details: the `close` event follows. */
  addEventListener(type: "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}

export type ClientSocketConstructor = new (url: string, protocols: string[]) => ClientSocket;
