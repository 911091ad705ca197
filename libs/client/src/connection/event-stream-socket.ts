import { readFrame } from "../wire.ts";
import type { ClientSocket } from "./client-socket.ts";

/** The gateway's error envelope. */
type Refusal = { readonly error: { readonly message: string } };
/** A third of the hub's limit on the bytes of a post, since a character takes up to three. */
const postCharsMax = 349_525;

type Closed = { readonly code: number; readonly reason: string };

/**
 * The same protocol over HTTP, for networks that block WebSockets: an event stream down, posts up, in order. Takes the same URL and
 * subprotocols as a WebSocket.
 */
export class EventStreamSocket implements ClientSocket {
  readyState = 0;
  readonly #base: string;
  readonly #messages: ((event: { readonly data: unknown }) => void)[] = [];
  readonly #closes: ((event: Closed) => void)[] = [];
  readonly #abort = new AbortController();
  #connection = "";
  #waiting: string[] = [];
  #isPosting = false;

  constructor(url: string, protocols: string[]) {
    const [path = "", query = ""] = url.replace(/^ws/, "http").split("?");
    this.#base = path;
    void this.#open(query, protocols);
  }

  addEventListener(type: "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: Closed) => void): void;
  addEventListener(type: string, listener: (event: never) => void): void {
    if (type === "error") return;
    const listeners: ((event: never) => void)[] = type === "message" ? this.#messages : this.#closes;
    listeners.push(listener);
  }

  send(text: string): void {
    this.#waiting.push(text);
    void this.#post();
  }

  close(): void {
    this.#end({ code: 1000, reason: "" });
  }

  async #open(query: string, protocols: string[]): Promise<void> {
    const credential = (kind: string): string | undefined =>
      protocols.find((name) => name.startsWith(kind))?.slice(kind.length);
    const [token, ticket] = [credential("bearer."), credential("ticket.")];
    const parameters = new URLSearchParams(query);
    if (ticket !== undefined) parameters.set("ticket", ticket);
    let reason = "";
    try {
      const response = await fetch(`${this.#base}/sse?${parameters.toString()}`, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        signal: this.#abort.signal,
      });
      if (response.ok && response.body !== null) await this.#read(response.body);
      else {
        reason = `${response.status}`;
        // in the hub's own wording
        const afterMs = Number(response.headers.get("retry-after")) * 1000;
        this.#hear(JSON.stringify({ type: "reconnect", payload: { afterMs } }));
        reason += ` ${((await response.json()) as Refusal).error.message}`;
      }
    } catch {
      // as with a WebSocket, no more is known than that it ended
    }
    this.#end({ code: 1006, reason });
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) this.#take(event);
    }
  }

  #take(event: string): void {
    if (event.startsWith("event: close\ndata: ")) return this.#end(JSON.parse(event.slice(19)) as Closed);
    if (!event.startsWith("data: ")) return;
    const data = event.slice(6);
    if (this.#connection === "") {
      const welcome = readFrame(data);
      if (welcome === null) return;
      const { connectionId, secret } = welcome.payload as { connectionId: string; secret: string };
      this.#connection = `${connectionId}.${secret}`;
      this.readyState = 1;
    }
    this.#hear(data);
  }

  #hear(data: string): void {
    for (const listener of this.#messages) listener({ data });
  }

  /** One post at a time: frames sent meanwhile are batched into the next, up to the hub's limit. */
  async #post(): Promise<void> {
    if (this.#isPosting || this.readyState > 1) return;
    this.#isPosting = true;
    while (this.#waiting.length > 0) {
      let chars = 0;
      const end = this.#waiting.findIndex((text) => (chars += text.length) > postCharsMax);
      const body = this.#waiting.splice(0, end < 0 ? Infinity : Math.max(1, end)).join("\n");
      const headers = { "x-cartway-connection": this.#connection, "content-type": "text/plain" };
      const response = await fetch(`${this.#base}/send`, { method: "POST", headers, body }).catch(() => null);
      if (response?.ok !== true) this.#end({ code: 1006, reason: "" });
    }
    this.#isPosting = false;
  }

  #end(closed: Closed): void {
    if (this.readyState > 1) return;
    this.readyState = 3;
    this.#waiting = [];
    this.#abort.abort();
    for (const listener of this.#closes) listener(closed);
  }
}
