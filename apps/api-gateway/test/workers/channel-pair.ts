import type { Channel } from "../../src/workers/channel.ts";

/** The two ends of a channel within one process: what is sent arrives as a copy, later. */
export interface ChannelPair {
  readonly supervisor: Channel;
  readonly worker: Channel;
  /** One of the two processes ends. */
  readonly close: () => void;
}

export function createChannelPair(): ChannelPair {
  const closed: (() => void)[] = [];
  const toSupervisor: ((message: unknown) => void)[] = [];
  const toWorker: ((message: unknown) => void)[] = [];
  let isOpen = true;

  function endOf(incoming: typeof toWorker, outgoing: typeof toWorker): Channel {
    return {
      send(message) {
        const copy: unknown = structuredClone(message);
        queueMicrotask(() => {
          if (isOpen) for (const listener of outgoing) listener(copy);
        });
      },
      onMessage: (listener) => void incoming.push(listener),
      onClosed: (listener) => void closed.push(listener),
    };
  }

  return {
    supervisor: endOf(toSupervisor, toWorker),
    worker: endOf(toWorker, toSupervisor),
    close() {
      isOpen = false;
      for (const listener of closed) listener();
    },
  };
}
