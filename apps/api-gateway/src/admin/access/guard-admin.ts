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

/** `null` lets the request on. */
export type AdminGuard = (asked: IncomingRequest, server: Pick<AppServer, "requestIP">) => Response | null;

/** What orchestrators ask, and the description of the interface: it names no secret and does nothing. */
const open: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/swagger", "/swagger/json"]);

/** What changes nothing though it is no GET: a question with a body. All else that is no GET is for administrators. */
const questions: ReadonlySet<string> = new Set(["/explain", "/config/validate"]);

/**
 * Stands before every path of the admin port. Refuses hosts that are not its own, pages of other origins, and whoever is no
 * administrator; a path that does not exist is not told from one that does.
 */
export function createAdminGuard({ identify, isOwnHost, securityEvents }: GuardParts): AdminGuard {
  /** @param known is told who calls, once that is found out */
  function check(request: Request, known: (actor: string) => void): void {
    const { headers, url } = request;
    const host = headers.get("host") ?? "";
    if (!isOwnHost(host))
      throw new CartwayError("invalid_host", { message: "This host is not served here." });
    const origin = headers.get("origin");
    if (origin !== null && URL.parse(origin)?.host !== host)
      throw new CartwayError("forbidden", { message: "Pages of other origins may not ask here." });
    // a Host that passed can still have a port that no URL has
    const pathname = URL.parse(url)?.pathname;
    if (pathname === undefined) throw new CartwayError("invalid_host");
    if (open.has(pathname) || pathname.startsWith("/swagger/assets/")) return;
    const { actor, mayChange } = identify(request);
    known(actor);
    if (!mayChange && !isLooking(request.method, pathname))
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

function isLooking(method: string, pathname: string): boolean {
  return method === "GET" || method === "HEAD" || (method === "POST" && questions.has(pathname));
}
