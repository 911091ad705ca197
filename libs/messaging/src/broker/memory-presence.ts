import type { Presence, PresenceList, PresenceMember } from "./broker.ts";

/** Presence in process: members end with the process, so there is never anything to reap. */
export class MemoryPresence implements Presence {
  readonly #channels = new Map<string, Map<string, PresenceMember>>();

  async join(channel: string, member: PresenceMember): Promise<boolean> {
    let members = this.#channels.get(channel);
    if (members === undefined) {
      members = new Map();
      this.#channels.set(channel, members);
    }
    if (members.has(member.connectionId)) return false;
    members.set(member.connectionId, member);
    return true;
  }

  async leave(channel: string, connectionId: string): Promise<boolean> {
    const members = this.#channels.get(channel);
    if (members?.delete(connectionId) !== true) return false;
    if (members.size === 0) this.#channels.delete(channel);
    return true;
  }

  async list(channel: string, limit: number): Promise<PresenceList> {
    const members = this.#channels.get(channel);
    if (members === undefined) return { count: 0, members: [] };
    return { count: members.size, members: [...members.values().take(limit)] };
  }

  async heartbeat(): Promise<void> {}

  async reap(): Promise<readonly []> {
    return [];
  }
}
