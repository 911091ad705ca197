import type { RoleGraph } from "@libs/auth";
import type { Identities } from "../identity/create-identities.ts";
import type { TrustedProxies } from "../routing/client-ip.ts";
import type { GatewayConfig } from "../config/schema.ts";
import type { ErrorPages } from "../policies/error-pages/pages.ts";
import type { OwnEndpoints } from "../routing/own-endpoints.ts";
import type { Router } from "../routing/router.ts";
import type { Services } from "../model/upstream/service.ts";
import type { DebugPasses } from "../telemetry/debug/debug-pass.ts";
import type { CompiledRoute } from "./compiled-route.ts";

export interface SnapshotParts {
  readonly config: GatewayConfig;
  readonly own: OwnEndpoints;
  /** The gateway's error pages; `null` for none. */
  readonly errorPages: ErrorPages | null;
  readonly router: Router<CompiledRoute>;
  readonly routes: readonly CompiledRoute[];
  readonly services: Services;
  readonly identities: Identities;
  readonly roles: RoleGraph;
  readonly proxies: TrustedProxies;
  readonly via: string;
  /** `null` where debugging is disabled. */
  readonly debug: DebugPasses | null;
  /** Called once no request will enter any more. */
  readonly retired: () => void;
  /** Stops every timer, pool and subscription of the snapshot. */
  readonly dispose: () => Promise<void>;
}

/**
 * A compiled config with all its resources. Requests enter and leave it; once retired, it disposes of its resources when the last request
 * has left.
 */
export class Snapshot {
  readonly config: GatewayConfig;
  readonly own: OwnEndpoints;
  readonly errorPages: ErrorPages | null;
  readonly router: Router<CompiledRoute>;
  readonly routes: readonly CompiledRoute[];
  readonly services: Services;
  readonly identities: Identities;
  readonly roles: RoleGraph;
  readonly proxies: TrustedProxies;
  readonly via: string;
  readonly debug: DebugPasses | null;
  readonly #onRetired: () => void;
  readonly #dispose: () => Promise<void>;
  readonly #disposed = Promise.withResolvers<void>();
  #inside = 0;
  #retired = false;

  constructor(parts: SnapshotParts) {
    this.config = parts.config;
    this.own = parts.own;
    this.errorPages = parts.errorPages;
    this.router = parts.router;
    this.routes = parts.routes;
    this.services = parts.services;
    this.identities = parts.identities;
    this.roles = parts.roles;
    this.proxies = parts.proxies;
    this.via = parts.via;
    this.debug = parts.debug;
    this.#onRetired = parts.retired;
    this.#dispose = parts.dispose;
  }

  enter(): void {
    this.#inside += 1;
  }

  leave(): void {
    this.#inside -= 1;
    if (this.#retired && this.#inside === 0) this.#end();
  }

  /** Takes the snapshot out of use; resolves when it was disposed of. */
  retire(): Promise<void> {
    if (!this.#retired) {
      this.#retired = true;
      this.#onRetired();
      if (this.#inside === 0) this.#end();
    }
    return this.#disposed.promise;
  }

  #end(): void {
    this.#dispose().then(this.#disposed.resolve, this.#disposed.reject);
  }
}
