import type { DiscoveredTarget } from "../../discovery/discovery.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { Balancer } from "../balancing/balancer.ts";
import type { Target } from "./target.ts";

/** What follows the targets of a service for as long as they are in it. MUST NOT throw. */
export interface TargetObserver {
  /** @param isFirst among the targets that the service began with. */
  added(target: Target, isFirst: boolean): void;
  removed(target: Target): void;
  /** It can be used, for the first time or again. */
  returned?(target: Target): void;
  /** It is still there and cannot be used any more. */
  left?(target: Target): void;
  /** The service has ended, after all its targets were removed. */
  dispose?(): void;
}

export interface TargetPoolParts {
  readonly balancer: Balancer;
  readonly createTarget: (found: DiscoveredTarget) => Target;
  /** Below this share of usable targets of one priority, all of that priority are used: the signs are more likely wrong. 0 for never. */
  readonly panicShare: number;
  /** Which of the discovered targets this process uses; all where absent. */
  readonly choose?: (found: readonly DiscoveredTarget[]) => readonly DiscoveredTarget[];
}

/** The targets of one service: as discovery finds them, and as balancers may use them. */
export class TargetPool {
  readonly #parts: TargetPoolParts;
  readonly #observers: TargetObserver[] = [];
  readonly #firstAnswer = new AbortController();
  #discovered = 0;
  #targets: readonly Target[] = [];
  #usable: ReadonlySet<Target> = new Set();
  #known = false;
  #inPanic = false;

  constructor(parts: TargetPoolParts) {
    this.#parts = parts;
  }

  /** How many targets discovery has found. */
  get discovered(): number {
    return this.#discovered;
  }

  /** Those of them that this process uses. */
  get targets(): readonly Target[] {
    return this.#targets;
  }

  /** False until discovery has answered once. */
  get isKnown(): boolean {
    return this.#known;
  }

  /** Aborted by discovery's first answer. Not a promise: what waits for one that never settles is never released. */
  get firstAnswer(): AbortSignal {
    return this.#firstAnswer.signal;
  }

  get inPanic(): boolean {
    return this.#inPanic;
  }

  /** Whether a request may be sent to the target now, considering everything. */
  isInUse(target: Target): boolean {
    return this.#usable.has(target);
  }

  observe(observer: TargetObserver): void {
    this.#observers.push(observer);
    for (const target of this.#targets) observer.added(target, true);
  }

  /** Applies the discovered targets. Those that remain keep their state. */
  apply(found: readonly DiscoveredTarget[]): void {
    const before = new Map(this.#targets.map((target) => [target.id, target]));
    const isFirst = !this.#known;
    const added: Target[] = [];
    const next = new Map<string, Target>();
    const distinct = firstOfEachId(found);
    this.#discovered = distinct.length;
    for (const one of this.#parts.choose?.(distinct) ?? distinct) {
      const { id } = one.upstream;
      const same = this.#findSame(before.get(id), one);
      const target = same ?? this.#parts.createTarget(one);
      next.set(id, target);
      if (same === null) added.push(target);
      follow(target, one);
    }
    const removed = this.#targets.filter((target) => next.get(target.id) !== target);
    this.#targets = [...next.values()];
    this.#known = true;
    for (const observer of this.#observers) {
      for (const target of removed) observer.removed(target);
      for (const target of added) observer.added(target, isFirst);
    }
    this.refresh();
    if (isFirst) this.#firstAnswer.abort();
  }

  /** MUST be called after every change of a target's state that is not this pool's own. */
  refresh(): void {
    const weighted = this.#targets.filter(({ weight }) => weight > 0);
    const well = weighted.filter((target) => target.isUsable);
    const candidates = well.length > 0 ? well : weighted;
    const priority = candidates.reduce((least, target) => Math.min(least, target.priority), Infinity);
    const preferred = weighted.filter((target) => target.priority === priority);
    const wellPreferred = well.filter((target) => target.priority === priority);
    this.#inPanic = wellPreferred.length < preferred.length * this.#parts.panicShare;
    const usable = this.#inPanic ? preferred : wellPreferred;
    const before = this.#usable;
    this.#usable = new Set(usable);
    for (const observer of this.#observers) {
      for (const target of usable) if (!before.has(target)) observer.returned?.(target);
      for (const target of this.#targets)
        if (before.has(target) && !this.#usable.has(target)) observer.left?.(target);
    }
    this.#parts.balancer.update(usable, weighted);
  }

  pick(exchange: Exchange | null, excluded: readonly Target[]): Target | null {
    return this.#parts.balancer.pick(exchange, excluded);
  }

  /** Ends what follows the targets. */
  dispose(): void {
    for (const observer of this.#observers) {
      for (const target of this.#targets) observer.removed(target);
      observer.dispose?.();
    }
    this.#targets = [];
  }

  /** Another address, or another way to reach it, is another target whatever its id. */
  #findSame(known: Target | undefined, { upstream }: DiscoveredTarget): Target | null {
    return known !== undefined && Bun.deepEquals(known.upstream, upstream) ? known : null;
  }
}

function firstOfEachId(found: readonly DiscoveredTarget[]): readonly DiscoveredTarget[] {
  const seen = new Set<string>();
  return found.filter(({ upstream: { id } }) => !seen.has(id) && seen.add(id));
}

/** How far a slow start has come stays as it is. */
function follow(target: Target, { weight, priority, zone }: DiscoveredTarget): void {
  target.share = target.weight > 0 ? (target.share / target.weight) * weight : weight;
  target.weight = weight;
  target.priority = priority;
  target.zone = zone;
}
