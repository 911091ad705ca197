/**
 * The hub, spoken to over one WebSocket that comes back by itself. An event keeps its id until it is acknowledged: sent
 * again after a break it is still the same event.
 */
export class HubSocket {
  #url;
  #on;
  #socket = null;
  #attempt = 0;
  #unanswered = new Map();

  /** @param on { state(isOpen), answer(frame, sent), push(frame) } */
  constructor(url, on) {
    this.#url = url;
    this.#on = on;
    this.#connect();
  }

  /** Sends a frame until it is answered; `sent` comes back with the answer. */
  send(frame, sent) {
    this.#unanswered.set(frame.id, { text: JSON.stringify(frame), sent });
    this.#write(frame.id);
  }

  #connect() {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#attempt = 0;
      this.#on.state(true);
      for (const id of this.#unanswered.keys()) this.#write(id);
    });
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(data)));
    socket.addEventListener("close", () => {
      this.#on.state(false);
      const ceilingMs = Math.min(10_000, 250 * 2 ** this.#attempt++);
      setTimeout(() => this.#connect(), Math.random() * ceilingMs);
    });
  }

  #write(id) {
    const waiting = this.#unanswered.get(id);
    if (waiting !== undefined && this.#socket.readyState === WebSocket.OPEN) this.#socket.send(waiting.text);
  }

  #receive(frame) {
    const waiting = frame.id === undefined ? undefined : this.#unanswered.get(frame.id);
    if (waiting === undefined) return this.#on.push(frame);
    if (frame.type === "error" && frame.error.retryable) {
      setTimeout(() => this.#write(frame.id), 500 + Math.random() * 500);
      return;
    }
    this.#unanswered.delete(frame.id);
    this.#on.answer(frame, waiting.sent);
  }
}
