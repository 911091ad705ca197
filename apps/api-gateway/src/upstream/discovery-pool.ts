import type { DiscoveredTarget, Discovery, DiscoveryDeps } from "../discovery/discovery.ts";
import { discoveries } from "../discovery/registry.ts";
import type { TypedEntry } from "../model/config/typed-entry.ts";
import { SharedPool } from "../sharing/shared-pool.ts";

type OnTargets = (found: readonly DiscoveredTarget[]) => void;

/** What every provider gets, for any service. */
export type DiscoveryPoolDeps = Omit<DiscoveryDeps, "service" | "onTargets">;

/**
 * The running providers, one per service and config entry. A reload with an unchanged entry keeps its provider and last answer, so that
 * a config can be changed while the provider is unavailable.
 */
export class DiscoveryPool {
  readonly #deps: DiscoveryPoolDeps;
  readonly #running = new SharedPool<RunningDiscovery>((running) => running.dispose());

  constructor(deps: DiscoveryPoolDeps) {
    this.#deps = deps;
  }

  /** Calls `onTargets` with the last answer, if any, and with each following one. @returns a function that unsubscribes */
  subscribe(service: string, entry: TypedEntry, onTargets: OnTargets): () => void {
    const key = JSON.stringify([service, entry]);
    const { value, release } = this.#running.acquire(
      key,
      () => new RunningDiscovery(service, entry, this.#deps),
    );
    const leave = value.join(onTargets);
    return () => {
      leave();
      release();
    };
  }
}

class RunningDiscovery {
  readonly #listeners = new Set<OnTargets>();
  readonly #discovery: Discovery;
  #last: readonly DiscoveredTarget[] | null = null;

  constructor(service: string, { type, ...config }: TypedEntry, deps: DiscoveryPoolDeps) {
    const definition = discoveries[type];
    if (definition === undefined) throw new Error(`there is no discovery ${type}`);
    this.#discovery = definition.start(config, {
      ...deps,
      service,
      onTargets: (found) => {
        this.#last = found;
        for (const listener of this.#listeners) listener(found);
      },
    });
  }

  join(listener: OnTargets): () => void {
    this.#listeners.add(listener);
    if (this.#last !== null) listener(this.#last);
    return () => this.#listeners.delete(listener);
  }

  dispose(): void {
    this.#discovery.dispose();
  }
}
