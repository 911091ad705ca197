import { connect as connectTcp, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type ConnectionOptions as TlsOptions } from "node:tls";
import { ChunkedDecoder, MalformedMessage } from "@libs/http1";
import type { HeaderList } from "../../model/http/header-list.ts";
import {
  type BytesSent,
  UpstreamFailure,
  type UpstreamResponse,
  type UpstreamTarget,
} from "../../model/upstream/upstream.ts";
import {
  checkSwitch,
  type HandshakeRequest,
  readAnswerHead,
  type WrittenHandshake,
  writeHandshake,
} from "./handshake.ts";
import { UpstreamSocket } from "./upstream-socket.ts";

const headBytesMax = 32_768;
/** A refusal's body up to this size is passed on, if it comes in time: the status says the rest. */
const refusalBytesMax = 65_536;
const refusalMs = 2000;

export interface OpenOptions extends HandshakeRequest {
  readonly target: UpstreamTarget;
  readonly connectMs: number;
  /** From the handshake sent to its answer. */
  readonly answerMs: number;
  readonly messageBytesMax: number;
  readonly signal: AbortSignal;
}

export type OpenResult = OpenAnswer & Pick<UpstreamResponse, "connectMs" | "firstByteMs">;

type OpenAnswer =
  | { readonly kind: "open"; readonly socket: UpstreamSocket; readonly headers: HeaderList }
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly reason: string;
      readonly headers: HeaderList;
      readonly body: Uint8Array | null;
    };

/** Connects to a target and asks it for a WebSocket. Rejects with `UpstreamFailure` only. */
export async function openUpstreamSocket(options: OpenOptions): Promise<OpenResult> {
  const handshake = writeHandshake(options);
  const socket = dial(options.target);
  const steps = new Steps(socket, options);
  const startedAt = performance.now();
  try {
    await steps.connected();
    const connectedAt = performance.now();
    socket.write(handshake.text, "latin1");
    const answer = await readAnswer(steps, handshake, options);
    return { ...answer, connectMs: connectedAt - startedAt, firstByteMs: steps.answeredAt - connectedAt };
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  } finally {
    steps.dispose();
  }
}

function dial({ protocol, host, port, unixPath, serverName, tls }: UpstreamTarget): Socket {
  const place = unixPath === undefined ? { host, port } : { path: unixPath };
  if (protocol === "http") return connectTcp(place);
  return connectTls({ ...place, ...namedAs(serverName ?? host), ALPNProtocols: ["http/1.1"], ...tls });
}

/** The name that the certificate must be for. An address cannot be sent as SNI (RFC 6066, section 3). */
function namedAs(name: string): Pick<TlsOptions, "servername" | "checkServerIdentity"> {
  if (isIP(name) === 0) return { servername: name };
  return { checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate) };
}

async function readAnswer(
  steps: Steps,
  handshake: WrittenHandshake,
  { messageBytesMax }: OpenOptions,
): Promise<OpenAnswer> {
  for (;;) {
    const answer = readAnswerHead(await steps.head());
    const { status, reason, headers } = answer;
    if (status === 101) {
      checkSwitch(answer, handshake);
      const socket = new UpstreamSocket({ socket: steps.socket, head: steps.rest(), messageBytesMax });
      return { kind: "open", socket, headers };
    }
    // 100 and 103 announce the answer
    if (status < 200) continue;
    if (status < 300)
      throw new UpstreamFailure("invalid-response", "all", `the service answers ${status} to an upgrade`);
    const body = status === 304 ? null : await readRefusal(steps, headers);
    steps.socket.destroy();
    return { kind: "refused", status, reason, headers, body };
  }
}

/** The body, however it ends (RFC 9112, section 6.3); `null` where it is empty, long, broken or late. @throws UpstreamFailure `aborted` */
async function readRefusal(steps: Steps, headers: HeaderList): Promise<Uint8Array | null> {
  const coding = headers.get("transfer-encoding");
  const length = headers.get("content-length");
  steps.waitForRefusal();
  try {
    if (coding !== null) return coding.toLowerCase() === "chunked" ? await steps.chunks() : null;
    if (length === null) return await steps.untilEnd();
    const bytes = /^\d{1,6}$/.test(length) ? Number(length) : 0;
    return bytes === 0 || bytes > refusalBytesMax ? null : await steps.bytes(bytes);
  } catch (thrown) {
    const isBroken = thrown instanceof MalformedMessage;
    if (isBroken || (thrown instanceof UpstreamFailure && thrown.kind !== "aborted")) return null;
    throw thrown;
  }
}

/** The steps of a handshake on a socket, each of which ends when the socket, its time or its client does. */
class Steps {
  readonly socket: Socket;
  readonly #options: OpenOptions;
  readonly #failed = Promise.withResolvers<never>();
  #buffer: Buffer = Buffer.alloc(0);
  #arrived = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;
  #sent: BytesSent = "none";
  #hasEnded = false;
  /** When the last head was complete. */
  answeredAt = 0;

  constructor(socket: Socket, options: OpenOptions) {
    this.socket = socket;
    this.#options = options;
    // Awaited by the current step; between two steps nothing awaits it.
    this.#failed.promise.catch(() => undefined);
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", this.#onClose);
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    options.signal.addEventListener("abort", this.#onAbort, { once: true });
    if (options.signal.aborted) this.#onAbort();
  }

  async connected(): Promise<void> {
    const { target, connectMs } = this.#options;
    const connected = Promise.withResolvers<void>();
    this.socket.once(target.protocol === "https" ? "secureConnect" : "connect", connected.resolve);
    this.#startTimeout(connectMs, "connect-timeout");
    await Promise.race([connected.promise, this.#failed.promise]);
    this.#sent = "some";
    this.#startTimeout(this.#options.answerMs, "first-byte-timeout");
  }

  async head(): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end >= 0) {
        this.answeredAt = performance.now();
        return this.#take(end + 4).toString("latin1", 0, end);
      }
      if (this.#buffer.byteLength > headBytesMax)
        throw new UpstreamFailure("invalid-response", "all", "the head of the answer is too large");
      await this.#moreBytes();
    }
  }

  async bytes(length: number): Promise<Uint8Array> {
    while (this.#buffer.byteLength < length) await this.#moreBytes();
    return this.#take(length);
  }

  /** For a refusal's body, there is a time of its own. */
  waitForRefusal(): void {
    this.#startTimeout(refusalMs, "first-byte-timeout");
  }

  /** A chunked body; `null` where it is long. @throws MalformedMessage */
  async chunks(): Promise<Uint8Array | null> {
    const decoder = new ChunkedDecoder();
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      decoder.push(this.#take(this.#buffer.byteLength), 0, (part) => {
        length += part.byteLength;
        parts.push(Buffer.from(part));
      });
      if (length > refusalBytesMax) return null;
      if (decoder.isDone) return Buffer.concat(parts);
      await this.#moreBytes();
    }
  }

  /** Everything until the service ends; `null` where it is long. */
  async untilEnd(): Promise<Uint8Array | null> {
    while (!this.#hasEnded) {
      if (this.#buffer.byteLength > refusalBytesMax) return null;
      await this.#moreBytes();
    }
    return this.#take(this.#buffer.byteLength);
  }

  /** Bytes read beyond the head. The socket is paused, and further bytes are for its new owner. */
  rest(): Buffer {
    this.socket.pause();
    return this.#take(this.#buffer.byteLength);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.socket.off("data", this.#onData);
    this.socket.off("end", this.#onEnd);
    this.socket.off("close", this.#onClose);
  }

  async #moreBytes(): Promise<void> {
    await Promise.race([this.#arrived.promise, this.#failed.promise]);
  }

  #arrive(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  #take(length: number): Buffer {
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    this.#arrive();
  };

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    this.#arrive();
  };

  readonly #onClose = (): void => this.#fail(new Error("it closed the connection"));
  readonly #onAbort = (): void => this.#reject("aborted", "the client left");

  #startTimeout(ms: number, kind: "connect-timeout" | "first-byte-timeout"): void {
    clearTimeout(this.#timer);
    if (ms > 0) this.#timer = setTimeout(() => this.#reject(kind, "it took too long"), ms);
  }

  #fail(error: Error): void {
    const isTls = /CERT|TLS|SSL/i.test(`${"code" in error ? String(error.code) : ""} ${error.message}`);
    const kind = this.#sent === "none" ? (isTls ? "tls" : "connect") : "reset";
    this.#reject(kind, error.message, error);
  }

  #reject(kind: UpstreamFailure["kind"], what: string, cause?: unknown): void {
    const text = `a WebSocket to ${this.#options.target.id}: ${what}`;
    this.#failed.reject(new UpstreamFailure(kind, this.#sent, text, cause));
  }
}
