import { connect, type Socket } from "node:net";

/** A client that writes raw bytes, and records what it receives. */
export class RawClient implements Disposable {
  said = "";
  isClosed = false;
  /** Whether the server reset the connection. */
  wasReset = false;
  readonly socket: Socket;
  #look: () => void = () => undefined;

  constructor(port: number, allowHalfOpen = false) {
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen });
    this.socket.on("data", (bytes: Buffer) => {
      this.said += bytes.toString("latin1");
      this.#look();
    });
    this.socket.on("error", () => {
      this.wasReset = true;
    });
    this.socket.on("close", () => {
      this.isClosed = true;
      this.#look();
    });
  }

  /** Resolves once the kernel has the bytes. */
  write(bytes: string | Uint8Array): Promise<void> {
    const data = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    return new Promise((resolve) => this.socket.write(data, () => resolve()));
  }

  /** Resolves with everything received once it contains `text`. Rejects where the connection closes before. */
  until(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        if (this.said.includes(text)) resolve(this.said);
        else if (this.isClosed) reject(new Error(`closed after ${JSON.stringify(this.said)}`));
      };
      this.#look();
    });
  }

  /** Resolves with everything received once the server has closed. */
  closed(): Promise<string> {
    return new Promise((resolve) => {
      this.#look = () => {
        if (this.isClosed) resolve(this.said);
      };
      this.#look();
    });
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
