import type { PublicationListener } from "@libs/messaging";
import { CartwayError, toCartwayError } from "@libs/errors";
import type { HubContext } from "../hub-context.ts";
import { gone, notTheSender, pollHere, pollWaitMs, type PostedFrames, receiveHere } from "./poll-here.ts";
import type { PollAnswer } from "./poll-socket.ts";

/** The instance that holds the connection must confirm within this time; otherwise the connection counts as gone. */
const takenMs = 2000;
/** On top of the longest wait of a poll. */
const graceMs = 5000;
/** Polls that wait for other instances. */
const pendingMax = 10_000;

/** Messages between instances, each sent on the receiver's own channel. */
type Message =
  | {
      readonly kind: "poll";
      readonly from: string;
      readonly number: number;
      readonly waitMs: number;
      readonly asked: PostedFrames;
    }
  | { readonly kind: "send"; readonly from: string; readonly number: number; readonly posted: PostedFrames }
  | { readonly kind: "leave"; readonly from: string; readonly number: number }
  | { readonly kind: "taken"; readonly number: number }
  | { readonly kind: "answer"; readonly number: number; readonly answer: PollAnswer }
  | { readonly kind: "refused"; readonly number: number; readonly code: "gone" | "forbidden" };

interface Pending {
  readonly owner: string;
  readonly settle: (answer: PollAnswer) => void;
  readonly fail: (error: CartwayError) => void;
  timer: NodeJS.Timeout;
}

/**
 * Relays polls and frames to the instance that holds their connection, through the broker, so that clients need no sticky load balancer.
 * A lost answer to a poll becomes a 410: the client reconnects, as after any lost connection, and rooms give it what it missed.
 */
export class PollRelay {
  readonly #hub: () => HubContext;
  readonly #pending = new Map<number, Pending>();
  /** Polls that other instances have relayed here. */
  readonly #relayed = new Map<string, AbortController>();
  #listening: Promise<() => Promise<void>> | null = null;
  #lastNumber = 0;

  constructor(hub: () => HubContext) {
    this.#hub = hub;
  }

  /** Starts receiving polls of other instances. @returns a function that stops it */
  listen(): Promise<() => Promise<void>> {
    this.#listening ??= this.#subscribe();
    return this.#listening;
  }

  /** @throws CartwayError `gone`, `forbidden`, `overloaded` */
  async poll(asked: PostedFrames, signal: AbortSignal): Promise<PollAnswer> {
    const { instanceId, state } = this.#hub();
    const number = ++this.#lastNumber;
    const waitMs = state.isDraining ? 0 : pollWaitMs;
    const leave = (): void => this.#send(ownerOf(asked), { kind: "leave", from: instanceId, number });
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await this.#ask(ownerOf(asked), { kind: "poll", from: instanceId, number, waitMs, asked }, gone);
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  /** Resolves once the connection has the frames. @throws CartwayError `gone`, `forbidden`, `overloaded`, `store_unavailable` */
  async send(posted: PostedFrames): Promise<void> {
    const { broker, instanceId } = this.#hub();
    if (broker.state === "down") throw unreachable();
    const number = ++this.#lastNumber;
    await this.#ask(ownerOf(posted), { kind: "send", from: instanceId, number, posted }, unreachable);
  }

  /** @param silence the error where the other instance does not answer in time */
  async #ask(
    owner: string,
    message: Extract<Message, { kind: "poll" | "send" }>,
    silence: () => CartwayError,
  ): Promise<PollAnswer> {
    if (this.#pending.size >= pendingMax) throw new CartwayError("overloaded", { retryAfterSeconds: 1 });
    await this.listen();
    const { promise, resolve, reject } = Promise.withResolvers<PollAnswer>();
    const timer = setTimeout(() => reject(silence()), takenMs);
    const pending: Pending = { owner, settle: resolve, fail: reject, timer };
    this.#pending.set(message.number, pending);
    this.#send(owner, message);
    try {
      return await promise;
    } finally {
      this.#pending.delete(message.number);
      clearTimeout(pending.timer);
    }
  }

  /** Answers every waiting poll at once with what there is; clients poll another instance next. */
  drain(): void {
    for (const [number, { owner }] of this.#pending)
      this.#send(owner, { kind: "leave", from: this.#hub().instanceId, number });
  }

  async #subscribe(): Promise<() => Promise<void>> {
    const { broker, instanceId } = this.#hub();
    const channel = channelOf(instanceId);
    const listener: PublicationListener = { publication: ({ text }) => this.#receive(JSON.parse(text)) };
    await broker.subscribe(channel, listener);
    return () => broker.unsubscribe(channel, listener);
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case "poll":
        return void this.#answer(message, (signal) => this.#poll(message, signal));
      case "send":
        return void this.#answer(message, () => this.#take(message));
      case "leave":
        return this.#relayed.get(`${message.from} ${message.number}`)?.abort();
      case "taken": {
        const pending = this.#pending.get(message.number);
        if (pending === undefined) return;
        clearTimeout(pending.timer);
        pending.timer = setTimeout(() => pending.fail(gone()), pollWaitMs + graceMs);
        return;
      }
      case "answer":
        return this.#pending.get(message.number)?.settle(message.answer);
      case "refused":
        return this.#pending
          .get(message.number)
          ?.fail(message.code === "forbidden" ? notTheSender() : gone());
    }
  }

  #poll({ from, number, waitMs, asked }: Extract<Message, { kind: "poll" }>, signal: AbortSignal) {
    const answered = pollHere(this.#hub(), asked, { waitMs: Math.min(waitMs, pollWaitMs), signal });
    this.#send(from, { kind: "taken", number });
    return answered;
  }

  async #take({ posted }: Extract<Message, { kind: "send" }>): Promise<PollAnswer> {
    receiveHere(this.#hub(), posted);
    return { frames: [], closed: null };
  }

  async #answer(
    { from, number }: Extract<Message, { kind: "poll" | "send" }>,
    answer: (leaving: AbortSignal) => Promise<PollAnswer>,
  ): Promise<void> {
    const name = `${from} ${number}`;
    const leaving = new AbortController();
    this.#relayed.set(name, leaving);
    try {
      this.#send(from, { kind: "answer", number, answer: await answer(leaving.signal) });
    } catch (thrown) {
      const code = toCartwayError(thrown).code === "forbidden" ? "forbidden" : "gone";
      this.#send(from, { kind: "refused", number, code });
    } finally {
      this.#relayed.delete(name);
    }
  }

  #send(instanceId: string, message: Message): void {
    const { broker, logger } = this.#hub();
    broker
      .publish(channelOf(instanceId), JSON.stringify(message), { history: null })
      .catch((error: unknown) =>
        logger.warn({ err: error }, "another instance could not be notified of a poll"),
      );
  }
}

/** The instance that holds the connection. */
function ownerOf({ id }: PostedFrames): string {
  return id.slice(0, id.lastIndexOf("."));
}

function unreachable(): CartwayError {
  return new CartwayError("store_unavailable", { retryAfterSeconds: 1 });
}

function channelOf(instanceId: string): string {
  return `hub:polls:${instanceId}`;
}
