import type { CanaryTrial } from "./canary-trial.ts";

/** A canary with automatic rollback, as shown to operators. */
export interface BoardEntry {
  readonly route: string;
  readonly service: string;
  readonly percent: number;
  readonly trial: CanaryTrial;
}

/** The canaries of all snapshots, for the admin port: of those with the same name the newest, unless its config is refused. */
export class CanaryBoard {
  readonly #entries = new Set<BoardEntry>();

  /** @returns a function that removes it */
  add(entry: BoardEntry): () => void {
    this.#entries.add(entry);
    return () => void this.#entries.delete(entry);
  }

  all(): readonly BoardEntry[] {
    return [...new Map([...this.#entries].map((entry) => [idOf(entry), entry])).values()];
  }
}

/** What a canary is called on the admin port. */
export function idOf({ route, service }: Pick<BoardEntry, "route" | "service">): string {
  return `${route}/${service}`;
}
