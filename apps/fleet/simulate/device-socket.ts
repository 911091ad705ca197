import type { DeviceMessages } from "../agent/device-messages.ts";

interface Waiting {
  /** The reply that comes before the ack. */
  reply: unknown;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Answer {
  readonly type?: string;
  readonly id?: string;
  readonly payload?: unknown;
  readonly error?: { readonly message?: string };
}

/** A device's socket: frames that are answered one by one, and frames that the hub sends unasked. */
export class DeviceSocket {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, Waiting>();
  readonly #name = crypto.randomUUID();
  #sent = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Resolves when the hub has accepted the device. */
  static async open(url: string, token: string, onWaiting: () => void): Promise<DeviceSocket> {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws/device`, [
      "cartway.v1",
      `bearer.${token}`,
    ]);
    const own = new DeviceSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("message", ({ data }) => {
        const text = String(data);
        if (text.includes('"welcome"')) resolve();
        else if (text.includes('"commands_waiting"')) onWaiting();
        else own.#hear(text);
      });
      socket.addEventListener("close", ({ code }) => {
        const error = new Error(`the socket was closed with ${code}`);
        for (const { reject: fail } of own.#waiting.values()) fail(error);
        reject(error);
      });
    });
    return own;
  }

  /** Resolves with the reply once the frame is acknowledged. */
  async send<Type extends keyof DeviceMessages>(
    type: Type,
    payload: DeviceMessages[Type]["payload"],
  ): Promise<DeviceMessages[Type]["reply"]> {
    this.#sent += 1;
    const id = `${this.#name}-${this.#sent}`;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { reply: undefined, resolve, reject });
    this.#socket.send(JSON.stringify({ type, id, payload }));
    return (await promise) as DeviceMessages[Type]["reply"];
  }

  close(): void {
    this.#socket.close();
  }

  #hear(text: string): void {
    const { type, id, payload, error }: Answer = JSON.parse(text);
    const waiting = this.#waiting.get(id ?? "");
    if (waiting === undefined) return;
    if (type !== "ack" && type !== "error") waiting.reply = payload;
    else {
      this.#waiting.delete(id ?? "");
      if (type === "ack") waiting.resolve(waiting.reply);
      else waiting.reject(new Error(error?.message ?? text));
    }
  }
}
