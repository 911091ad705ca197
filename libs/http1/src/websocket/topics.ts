import type { ServerSocket } from "./server-socket.ts";

export interface Topic {
  readonly name: string;
  readonly members: Membership[];
  /** Whether a publication waits for the end of the turn. */
  isPublished: boolean;
}

/** One socket's membership in one topic, known to both, so that leaving needs no search. */
export interface Membership {
  readonly socket: ServerSocket;
  readonly topic: Topic;
  /** Its own position in `topic.members`. */
  index: number;
  /** The socket's next membership: a linked list, since a socket has few and an array would cost more. */
  next: Membership | null;
}

/** Topics and their members. A topic exists while it has members. */
export class Topics {
  readonly #topics = new Map<string, Topic>();

  /** @param next the head of the socket's existing memberships. */
  join(socket: ServerSocket, name: string, next: Membership | null): Membership {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = { name, members: [], isPublished: false };
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

  /** `undefined` where it has no member. */
  get(name: string): Topic | undefined {
    return this.#topics.get(name);
  }
}
