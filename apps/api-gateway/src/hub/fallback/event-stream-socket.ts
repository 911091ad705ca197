import { FallbackSocket } from "./fallback-socket.ts";

const encoder = new TextEncoder();
const highWaterBytes = 65_536;
/** Below the 60 s after which load balancers close a silent stream. */
const pingMs = 15_000;

/** Frames as Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html), one `data` line each. */
export class EventStreamSocket extends FallbackSocket {
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  readonly #ping: ReturnType<typeof setInterval>;

  /** How long the client may take to read what was sent before the stream was closed. */
  readonly #closeGraceMs: number;

  constructor(closeGraceMs = 3000) {
    super();
    this.#closeGraceMs = closeGraceMs;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        cancel: () => this.#gone(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: highWaterBytes }),
    );
    this.#ping = setInterval(() => this.#write(": ping\n\n"), pingMs);
  }

  send(text: string): number {
    return this.#write(`data: ${text}\n\n`);
  }

  getBufferedAmount(): number {
    const left = this.#controller?.desiredSize ?? highWaterBytes;
    return Math.max(0, highWaterBytes - left);
  }

  protected finish(code: number, reason: string): void {
    this.#write(`event: close\ndata: ${JSON.stringify({ code, reason })}\n\n`);
    const controller = this.#controller;
    this.#stop();
    if (controller === null) return;
    controller.close();
    // from now on the connection is not counted, so frames that its client does not read must not be held
    setTimeout(() => controller.error(new Error("not read in time")), this.#closeGraceMs).unref();
  }

  #write(text: string): number {
    if (this.#controller === null) return 0;
    const bytes = encoder.encode(text);
    this.#controller.enqueue(bytes);
    return (this.#controller.desiredSize ?? 0) > 0 ? bytes.byteLength : -1;
  }

  /** Called when the client has gone. */
  #gone(): void {
    this.#stop();
    this.ended(1006);
  }

  #stop(): void {
    clearInterval(this.#ping);
    this.#controller = null;
  }
}
