import type { Target } from "../target.ts";

/** Chooses among the targets that may be used, or `null` where there is none. MUST be synchronous and allocate nothing. */
export interface Balancer {
  /** `excluded` is a target that an earlier attempt of the same request failed on: taken only where no other is left. */
  pick(targets: readonly Target[], excluded: Target | null): Target | null;
}
