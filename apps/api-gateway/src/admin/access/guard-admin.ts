import type { AppServer } from "@libs/elysia-server";
import { requestIdOf } from "@libs/elysia-server";
import { type IncomingRequest, toRequest } from "@libs/http1";
import { CartwayError, renderError, toCartwayError } from "@libs/errors";
import { plainIp } from "../../routing/client-ip.ts";
import type { SecurityEvents } from "../../telemetry/security-events.ts";
import { adminRole, type IdentifyAdmin } from "./identify-admin.ts";

export interface GuardParts {
  readonly identify: IdentifyAdmin;
  readonly isOwnHost: (host: string) => boolean;
  readonly securityEvents: SecurityEvents;
}

/** Returns `null` to admit the request. */
export type AdminGuard = (asked: IncomingRequest, server: Pick<AppServer, "requestIP">) => Response | null;

/** Requested by orchestrators, and the API description: reveals no secret and changes nothing. */
const open: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/swagger", "/swagger/json"]);

/** Read-only requests that need a body. All other methods than GET are for administrators. */
const questions: ReadonlySet<string> = new Set(["/explain", "/config/validate"]);

/**
 * Guards every path of the admin port. Refuses foreign hosts, pages of other origins, and callers who are not administrators; unknown
 * paths are indistinguishable from existing ones.
 */
export function createAdminGuard({ identify, isOwnHost, securityEvents }: GuardParts): AdminGuard {
  /** @param known called with the caller, once identified */
  function check(request: Request, known: (actor: string) => void): void {
    const { headers, url } = request;
    const host = headers.get("host") ?? "";
    if (!isOwnHost(host))
      throw new CartwayError("invalid_host", { message: "This host is not served by the admin port." });
    const origin = headers.get("origin");
    if (origin !== null && URL.parse(origin)?.host !== host)
      throw new CartwayError("forbidden", { message: "Pages of other origins may not use the admin API." });
    // a valid Host can still contain a port that URLs do not allow
    const pathname = URL.parse(url)?.pathname;
    if (pathname === undefined) throw new CartwayError("invalid_host");
    if (open.has(pathname) || pathname.startsWith("/swagger/assets/")) return;
    const { actor, mayChange } = identify(request);
    known(actor);
    if (!mayChange && !isRead(request.method, pathname))
      throw new CartwayError("forbidden", { message: `To change something needs the role ${adminRole}.` });
  }

  return (asked, server) => {
    const request = toRequest(asked);
    let details: Readonly<Record<string, string>> = {};
    try {
      check(request, (actor) => {
        details = { actor };
      });
      return null;
    } catch (thrown) {
      const error = toCartwayError(thrown);
      securityEvents.report({
        kind: "admin_refused",
        route: "admin",
        reason: error.code,
        address: plainIp(server.requestIP(request)?.address ?? ""),
        details,
      });
      return renderError(error, requestIdOf(request));
    }
  };
}

function isRead(method: string, pathname: string): boolean {
  return method === "GET" || method === "HEAD" || (method === "POST" && questions.has(pathname));
}
