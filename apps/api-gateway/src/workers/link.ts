import { messageOf } from "@libs/errors";
import type { Channel } from "./channel.ts";

/** The tasks of one side, with their arguments and results. All of them must survive a structured clone. */
export type TaskTypes = Readonly<Record<string, { readonly asked: unknown; readonly answer: unknown }>>;

export type Tasks<T extends TaskTypes> = {
  readonly [Name in keyof T]: (asked: T[Name]["asked"]) => T[Name]["answer"] | Promise<T[Name]["answer"]>;
};

type Message =
  | { readonly kind: "ask"; readonly id: number; readonly task: string; readonly asked: unknown }
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly reason: string };

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Questions and answers over a channel, both ways. No question waits for ever: not for a process that hangs, and not for one that
 * has ended.
 */
export class Link<Own extends TaskTypes, Other extends TaskTypes> {
  readonly #channel: Channel;
  readonly #tasks: Tasks<Own>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #isClosed = false;

  constructor(channel: Channel, tasks: Tasks<Own>) {
    this.#channel = channel;
    this.#tasks = tasks;
    channel.onMessage((message) => this.#receive(message));
    channel.onClosed(() => this.#close());
  }

  /** Rejects after `timeoutMs`, when the other process ends, and with what went wrong there. */
  async ask<Name extends keyof Other & string>(
    task: Name,
    asked: Other[Name]["asked"],
    timeoutMs: number,
  ): Promise<Other[Name]["answer"]> {
    if (this.#isClosed) throw new Error("the other process has ended");
    const id = (this.#lastId += 1);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    this.#waiting.set(id, { resolve, reject });
    try {
      this.#send({ kind: "ask", id, task, asked });
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  /** The same for what needs no answer. */
  tell<Name extends keyof Other & string>(task: Name, asked: Other[Name]["asked"]): void {
    this.#send({ kind: "ask", id: 0, task, asked });
  }

  #send(message: Message): void {
    this.#channel.send(message);
  }

  #close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.values()) reject(new Error("the other process has ended"));
  }

  #receive(message: unknown): void {
    if (!isMessage(message)) return;
    switch (message.kind) {
      case "ask":
        return void this.#answer(message.id, message.task, message.asked);
      case "answer":
        return this.#waiting.get(message.id)?.resolve(message.answer);
      case "failure":
        return this.#waiting.get(message.id)?.reject(new Error(message.reason));
    }
  }

  async #answer(id: number, task: string, asked: unknown): Promise<void> {
    try {
      const work = Object.hasOwn(this.#tasks, task) ? this.#tasks[task] : undefined;
      if (work === undefined) throw new Error(`there is no task ${task}`);
      this.#send({ kind: "answer", id, answer: await work(asked) });
    } catch (thrown) {
      this.#send({ kind: "failure", id, reason: messageOf(thrown) });
    }
  }
}

/** Both sides are the same program: a message of its shape is what its type says. */
function isMessage(message: unknown): message is Message {
  if (typeof message !== "object" || message === null || !("kind" in message) || !("id" in message))
    return false;
  const { kind, id } = message;
  if (typeof id !== "number") return false;
  if (kind === "ask") return "task" in message && typeof message.task === "string";
  return (
    kind === "answer" || (kind === "failure" && "reason" in message && typeof message.reason === "string")
  );
}
