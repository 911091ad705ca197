import type { CartwayError } from "@libs/errors";
import { noopTracer } from "@libs/monitoring";
import type { HubConfig } from "./config/schema.ts";
import { Connections } from "./connections/connections.ts";
import { Delivery } from "./connections/delivery.ts";
import { deliverTo } from "./connections/slow-consumers.ts";
import { PollRelay } from "./fallback/poll-relay.ts";
import type { HubContext } from "./hub-context.ts";
import type { HubDeps } from "./hub-deps.ts";
import type { HubMetrics } from "./hub-metrics.ts";
import { callService } from "./messages/call-service.ts";
import { KnownIds } from "./messages/known-ids.ts";
import { Coalescer } from "./rooms/coalescer.ts";
import { Rooms } from "./rooms/rooms.ts";
import { Sessions, type ReportLeft } from "./sessions/sessions.ts";
import { ThinnedWarnings } from "./thinned-warnings.ts";
import { UpgradeTurns } from "./upgrade/upgrade-turns.ts";
import { RecentRevocations } from "./upgrade/recent-revocations.ts";

export interface CreateContextOptions {
  readonly deps: HubDeps;
  readonly metrics: HubMetrics;
  readonly config: () => HubConfig;
  /** Publishes to every native subscriber of a topic. */
  readonly publishNative: (topic: string, text: string) => void;
}

/** Ids kept in each of two generations, and how long a generation lasts. */
const knownIdsMax = 200_000;
const knownIdsMs = 120_000;
const sessionCallMs = 5000;
const gapMax = 1000;

export function createContext({ deps, metrics, config, publishNative }: CreateContextOptions): HubContext {
  const { broker, logger, services, tickets, securityEvents, tracer = noopTracer, now = Date.now } = deps;
  const { permits = () => false } = deps;
  const onError = (error: unknown): void => logger.warn({ err: error }, "the hub's broker failed");
  const delivery = new Delivery({ metrics, queueBytesMax: () => config().limits.queueBytesMax });
  const publications = metrics.framesSent.with({ type: "publication" });
  const rooms = new Rooms({
    broker,
    gapMax,
    onError,
    delivery: {
      publish: publishNative,
      deliver: (connection, channel, text) => deliverTo(context, connection, channel, text),
      // connections that the listener's publish does not reach get a write each
      coalescer: new Coalescer((gatherings) => {
        const others = new Set(gatherings.flatMap((room) => [...room.others()]));
        delivery.together(others, () => {
          for (const room of gatherings) room.flush();
        });
      }),
      observe(members, seconds) {
        publications.inc(members);
        metrics.fanoutMembers.observe(members);
        metrics.fanoutSeconds.observe(seconds);
      },
    },
  });
  const reportLeft: ReportLeft = async (events) => {
    const left = config().sessions?.left;
    if (left === undefined) return;
    const body = JSON.stringify(events);
    await callService(context, {
      ...left,
      body,
      timeoutMs: sessionCallMs,
      principal: null,
      work: "sessions_left",
    });
  };
  const onRefused = (sessionId: string, err: CartwayError): void =>
    logger.warn({ err, sessionId }, "a service refused that a session has left");
  const leaseMs = (): number | null => config().sessions?.leaseMs ?? null;
  const context: HubContext = {
    instanceId: broker.instanceId,
    broker,
    services,
    permits,
    tickets,
    logger,
    tracer,
    metrics,
    securityEvents,
    connections: new Connections(),
    delivery,
    rooms,
    sessions: new Sessions({ leases: broker.leases, leaseMs, reportLeft, onRefused, onError, now }),
    knownIds: new KnownIds(knownIdsMax, knownIdsMs),
    polls: new PollRelay(() => context),
    revocations: new RecentRevocations(deps.revoked),
    upgradeTurns: new UpgradeTurns(),
    warnings: new ThinnedWarnings(logger),
    now,
    config,
    state: { inFlight: 0, inFlightBytes: 0, opening: 0, connectionsMade: 0, isDraining: false },
  };
  return context;
}
