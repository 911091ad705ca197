import { writeFrame } from "@libs/messaging";
import { answerQuestions } from "./admin/find-anywhere.ts";
import { sweep } from "./connections/sweep.ts";
import { control, controlAnywhere, listenToControl } from "./control.ts";
import type { HubContext } from "./hub-context.ts";
import type { HubDeps } from "./hub-deps.ts";

const sweepMs = 1000;
const presenceMs = 4000;
const reapMax = 1000;
const sessionCheckMs = 250;

export interface Background {
  stop(): Promise<void>;
}

/** The hub's background work: sweeping connections, presence, session leases, revocations, catching up after broker outages. */
export async function startBackground(hub: HubContext, deps: HubDeps): Promise<Background> {
  const guard = (what: string, work: () => Promise<void>) => (): void => {
    work().catch((error: unknown) => hub.logger.warn({ err: error }, `the hub's ${what} failed`));
  };
  const timers = [
    setInterval(() => sweep(hub), sweepMs),
    setInterval(
      guard("presence", () => keepPresence(hub)),
      presenceMs,
    ),
    setInterval(
      guard("sessions", async () => void (hub.sessions.isDue() && (await hub.sessions.tick()))),
      sessionCheckMs,
    ),
    setInterval(
      guard("catching up", () => hub.rooms.catchUpLate()),
      sweepMs,
    ),
  ];
  const ends = [followBroker(hub, guard), followRevocations(hub, deps, guard)];
  const listening = [await listenToControl(hub), await answerQuestions(hub), await hub.polls.listen()];
  // a broker that is not up yet triggers the heartbeat when it comes up
  if (hub.broker.state === "up") guard("presence", () => hub.broker.presence.heartbeat())();
  return {
    async stop() {
      for (const timer of timers) clearInterval(timer);
      for (const end of ends) end();
      for (const end of listening) await end();
    },
  };
}

/** Renews this instance's presence, and announces members that were lost with a dead instance to their rooms. */
export async function keepPresence(hub: HubContext): Promise<void> {
  const { presence } = hub.broker;
  await presence.heartbeat();
  for (const { channel, member } of await presence.reap(reapMax)) {
    await hub.broker.publish(channel, writeFrame({ type: "member_left", payload: member }), {
      history: null,
    });
  }
}

type Guard = (what: string, work: () => Promise<void>) => () => void;

function followBroker(hub: HubContext, guard: Guard): () => void {
  hub.metrics.brokerUp.set(hub.broker.state === "up" ? 1 : 0);
  return hub.broker.onState((state) => {
    hub.metrics.brokerUp.set(state === "up" ? 1 : 0);
    hub.logger[state === "up" ? "info" : "error"]({ state }, "the hub's broker");
    if (state === "down") return;
    guard("catching up", () => hub.rooms.catchUp())();
    guard("presence", () => hub.broker.presence.heartbeat())();
  });
}

/** Closes connections whose access was revoked: here at once, on other instances through the broker. */
function followRevocations(hub: HubContext, deps: HubDeps, guard: Guard): () => void {
  const end = deps.onRevoked?.(({ kind, id }) => {
    const reason = kind === "login" ? "revoked" : "expired";
    const message = { act: "close", target: { by: kind, id }, reason } as const;
    control(hub, message);
    guard("revoking", async () => void (await controlAnywhere(hub, message)))();
  });
  return end ?? (() => {});
}
