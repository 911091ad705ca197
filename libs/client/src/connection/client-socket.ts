/** What the client needs of a transport: a WebSocket is one. */
export interface ClientSocket {
  /** 2 or more once it is closing. */
  readonly readyState: number;
  send(text: string): void;
  close(code?: number): void;
  /** What is heard of an error comes with the close that follows. */
  addEventListener(type: "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}

export type ClientSocketConstructor = new (url: string, protocols: string[]) => ClientSocket;
