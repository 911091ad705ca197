import type { HubConfig } from "./config/schema.ts";
import type { HubContext } from "./hub-context.ts";
import type { HubDeps, SelectIdentities } from "./hub-deps.ts";
import { hubPathsOf } from "./hub-paths.ts";
import { OwnPaths } from "./http/own-paths.ts";
import { createRequestRouter, type RequestRouter, selectHubIdentities } from "./http/request-router.ts";
import { type PreparedSlots, prepareSlots, type Slots } from "./slots.ts";

/** What a config is compiled into. */
export interface CompiledHub {
  readonly config: HubConfig;
  readonly slots: PreparedSlots;
  readonly ownPaths: OwnPaths;
  readonly router: RequestRouter;
}

export interface CompileHubOptions {
  readonly config: HubConfig;
  readonly context: HubContext;
  readonly deps: HubDeps;
  /** The slots in force; paths that remain keep theirs. */
  readonly before: Slots;
  readonly selectIdentities: SelectIdentities;
}

/** Changes nothing: `slots.putInForce` does. @throws Error where the config cannot be compiled */
export function compileHub(options: CompileHubOptions): CompiledHub {
  const { config, context, deps, before, selectIdentities } = options;
  const slots = prepareSlots({
    config,
    before,
    selectIdentities,
    metrics: context.metrics,
    limiters: deps.limiters,
    registry: deps.metrics,
    hub: () => context,
  });
  const identities = selectHubIdentities(config, selectIdentities);
  return {
    config,
    slots,
    ownPaths: new OwnPaths(hubPathsOf(config.endpoints)),
    router: createRequestRouter({ hub: context, slots: slots.all, deps, ...identities }),
  };
}
