import type { ServerSocket } from "./server-socket.ts";

interface Topic {
  readonly name: string;
  readonly members: Membership[];
}

/** One socket's place in one topic: both know it, so that leaving needs no search. */
export interface Membership {
  readonly socket: ServerSocket;
  readonly topic: Topic;
  /** Of itself in `topic.members`. */
  index: number;
  /** The socket's next: it has few, and a list of them would cost more than they do. */
  next: Membership | null;
}

/** Who hears what. A topic is there as long as somebody hears it. */
export class Topics {
  readonly #topics = new Map<string, Topic>();

  /** @param next the socket's memberships before this one. */
  join(socket: ServerSocket, name: string, next: Membership | null): Membership {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = { name, members: [] };
      this.#topics.set(name, topic);
    }
    const membership: Membership = { socket, topic, index: topic.members.length, next };
    topic.members.push(membership);
    return membership;
  }

  leave({ topic, index }: Membership): void {
    const { members, name } = topic;
    const last = members.pop();
    if (members.length === 0) this.#topics.delete(name);
    if (last === undefined || last.index === index) return;
    last.index = index;
    members[index] = last;
  }

  /** Empty where nobody hears it. Not to be kept. */
  membersOf(name: string): readonly Membership[] {
    return this.#topics.get(name)?.members ?? [];
  }
}
