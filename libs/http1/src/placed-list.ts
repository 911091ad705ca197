/** Knows its own position in a `PlacedList`; -1 outside of one. */
export interface Placed {
  index: number;
}

/**
 * A list that can be left without a search, at eight bytes a member where a `Set` takes about fifty. Leaving changes the order: the last
 * member moves into the gap.
 */
export class PlacedList<T extends Placed> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(member: T): void {
    member.index = this.#members.push(member) - 1;
  }

  /** Nothing happens where it is in no list. */
  remove(member: T): void {
    const { index } = member;
    if (index < 0) return;
    member.index = -1;
    const last = this.#members.pop();
    if (last === undefined || last === member) return;
    last.index = index;
    this.#members[index] = last;
  }

  /** Visits each member once; the one that is being visited may leave. */
  forEach(visit: (member: T) => void): void {
    // backwards, because the last member moves into the place of one that leaves
    for (let index = this.#members.length - 1; index >= 0; index -= 1) {
      const member = this.#members[index];
      if (member !== undefined) visit(member);
    }
  }
}
