import { CartwayError, renderError, toCartwayError } from "@libs/errors";
import { type AppServer, requestIdHeader, requestIdOf } from "@libs/elysia-server";
import type { IncomingRequest } from "@libs/http1";
import type { OriginalRequest } from "../../model/identity/credentials.ts";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import type { Principal } from "../../model/identity/principal.ts";
import { Connection } from "../connections/connection.ts";
import { personalChannelOf, personalNameOf } from "../connections/personal-channel.ts";
import { admits, type EndpointSlot } from "../endpoint.ts";
import { requireUnexpired } from "../http/require-caller.ts";
import type { HubContext } from "../hub-context.ts";
import { RefusedAttempt, recordAttempt } from "../refused-attempt.ts";
import { admitAddress, admitUser } from "./admit.ts";
import { authenticateUpgrade } from "./authenticate-upgrade.ts";
import { checkOrigin } from "./check-origin.ts";
import { type Handshake, readHandshake } from "./read-handshake.ts";

export interface UpgradeRequest {
  readonly request: IncomingRequest;
  readonly server: AppServer;
  readonly slot: EndpointSlot;
  /** Without the question mark. */
  readonly query: string;
  readonly ip: string;
  readonly isPeerTrusted: boolean;
  readonly original: OriginalRequest;
  readonly onRefused: OnRefused;
}

/** Receives the error of a refused request. MUST NOT throw. */
export type OnRefused = (error: CartwayError) => void;

/** In its turn: every check in the order of its cost, then the upgrade. Refusals are answered in the envelope. */
export function upgrade(hub: HubContext, upgrading: UpgradeRequest): MaybePromise<Response | undefined> {
  const turn = hub.upgradeTurns.take();
  return turn === null ? upgradeNow(hub, upgrading) : turn.then(() => upgradeNow(hub, upgrading));
}

function upgradeNow(hub: HubContext, upgrading: UpgradeRequest): MaybePromise<Response | undefined> {
  const { request, slot } = upgrading;
  try {
    checkUpgrade(request);
    const handshake = check(hub, upgrading);
    const principal = authenticateUpgrade(slot.current, upgrading, handshake, hub);
    if (!(principal instanceof Promise)) return open(hub, upgrading, handshake, principal);
    hub.state.opening += 1;
    const startedAt = hub.now();
    return principal
      .finally(() => (hub.state.opening -= 1))
      .then((known) => {
        checkRevoked(hub, slot, known, startedAt);
        return open(hub, upgrading, handshake, known);
      })
      .catch((thrown: unknown) => refuse(hub, upgrading, thrown));
  } catch (thrown) {
    return refuse(hub, upgrading, thrown);
  }
}

function checkUpgrade({ method, headers }: IncomingRequest): void {
  if (method === "GET" && headers.get("upgrade")?.toLowerCase() === "websocket") return;
  throw new CartwayError("upgrade_required", { headers: { upgrade: "websocket" } });
}

function checkVersion({ headers }: IncomingRequest): void {
  const version = headers.get("sec-websocket-version");
  if (version === null || version === "13") return;
  const message = "Only version 13 of the WebSocket protocol is spoken here.";
  throw new CartwayError("upgrade_required", { message, headers: { "sec-websocket-version": "13" } });
}

function check(hub: HubContext, { request, slot, query, ip }: UpgradeRequest): Handshake {
  const { headers } = request;
  const { limits } = slot.current;
  if (hub.state.isDraining)
    throw new CartwayError("shutting_down", { retryAfterSeconds: limits.retryAfterSeconds });
  admitAddress({ limits, connections: hub.connections, opening: hub.state.opening }, ip);
  checkOrigin(slot.current, headers);
  return readHandshake(headers, query);
}

/** The same checks for a connection over another transport. Rejects with the `CartwayError` of the answer. */
export async function admitConnection(
  hub: HubContext,
  opening: UpgradeRequest,
  isNative: boolean,
): Promise<Connection> {
  const handshake = check(hub, opening);
  const startedAt = hub.now();
  hub.state.opening += 1;
  try {
    const principal = await authenticateUpgrade(opening.slot.current, opening, handshake, hub);
    checkRevoked(hub, opening.slot, principal, startedAt);
    return createConnection(hub, opening, principal, isNative);
  } finally {
    hub.state.opening -= 1;
  }
}

/** A revocation that happened during authentication found no connection to close, so it is checked here. */
function checkRevoked(
  hub: HubContext,
  slot: EndpointSlot,
  principal: Principal | null,
  startedAt: number,
): void {
  if (principal !== null) hub.revocations.check(principal, personalChannelOf({ slot, principal }), startedAt);
}

function createConnection(
  hub: HubContext,
  { slot, query, ip }: UpgradeRequest,
  principal: Principal | null,
  isNative: boolean,
): Connection {
  const { limits } = slot.current;
  requireAdmitted(slot, principal);
  if (principal !== null) requireUnexpired(principal, hub.now(), slot.current.identities?.challenge ?? null);
  requirePersonal(slot, principal);
  const admission = { limits, connections: hub.connections, opening: hub.state.opening };
  admitAddress(admission, ip);
  if (principal !== null) admitUser(admission, principal.subject);
  hub.state.connectionsMade += 1;
  const id = `${hub.instanceId}.${hub.state.connectionsMade.toString(36)}`;
  const endpoint = slot.current.path;
  hub.metrics.upgrades.with({ endpoint, outcome: "accepted" }).inc();
  if (query.includes("resume=1")) hub.metrics.reconnects.with({ endpoint }).inc();
  return new Connection({ id, slot, ip, principal, isNative, now: performance.now() });
}

/** A reload may have taken the access away while the caller was authenticated. @throws CartwayError `unauthenticated`, `invalid_token` */
function requireAdmitted(slot: EndpointSlot, principal: Principal | null): void {
  if (admits(slot, principal)) return;
  const message = `${slot.current.path} no longer admits this caller.`;
  throw new CartwayError(principal === null ? "unauthenticated" : "invalid_token", { message });
}

/** An endpoint for customers requires an identity that names one: without a channel the connection would receive nothing. */
function requirePersonal({ current }: EndpointSlot, principal: Principal | null): void {
  const { personal } = current.config;
  if (principal === null || personal === "none" || personalNameOf(personal, principal) !== null) return;
  throw new RefusedAttempt(
    "forbidden",
    { kind: "access_denied", reason: `no_${personal}` },
    {
      message: `The credential does not name a ${personal}.`,
    },
  );
}

function open(
  hub: HubContext,
  upgrading: UpgradeRequest,
  { protocol }: Handshake,
  principal: Principal | null,
): undefined {
  const { request, server } = upgrading;
  checkVersion(request);
  const connection = createConnection(hub, upgrading, principal, true);
  const headers: Record<string, string> = { [requestIdHeader]: requestIdOf(request) };
  if (protocol !== null) headers["sec-websocket-protocol"] = protocol;
  if (!server.upgrade(request, { data: connection, headers })) {
    throw new CartwayError("bad_request", { message: "The WebSocket handshake is malformed." });
  }
  return undefined;
}

function refuse(
  hub: HubContext,
  { request, slot, ip, onRefused }: UpgradeRequest,
  thrown: unknown,
): Response {
  const error = toCartwayError(thrown);
  onRefused(error);
  recordAttempt(hub.securityEvents, thrown, { route: `hub ${slot.current.path}`, address: ip });
  if (error.internal !== undefined)
    hub.warnings.warn("an upgrade failed", { code: error.code, internal: error.internal });
  hub.metrics.upgrades.with({ endpoint: slot.current.path, outcome: error.code }).inc();
  return renderError(error, requestIdOf(request));
}
