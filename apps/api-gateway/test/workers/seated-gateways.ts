import { createTemporaryDirectory } from "@libs/testing";
import { createMemoryLogger, createMetrics, type MemoryLogger } from "@libs/monitoring";
import { createGateway, type Gateway } from "../../src/build-gateway.ts";
import type { SpawnWorker, WorkerExit } from "../../src/workers/spawn-worker.ts";
import { createSupervisorApp, type SupervisorApp } from "../../src/workers/supervisor-app.ts";
import { WorkerSeat } from "../../src/workers/worker-seat.ts";
import { checkedConfig } from "../support/start-gateway.ts";
import { createChannelPair } from "./channel-pair.ts";

/** A whole gateway in this process, which takes itself for a worker. */
export interface SeatedGateway {
  readonly number: number;
  readonly gateway: Gateway;
  /** As if its process had died. */
  readonly die: () => Promise<void>;
}

export interface SeatedGateways extends AsyncDisposable {
  readonly app: SupervisorApp;
  readonly log: MemoryLogger;
  readonly url: string;
  readonly adminUrl: string;
  readonly token: string;
  /** Those that live, by their number. */
  readonly seated: ReadonlyMap<number, SeatedGateway>;
}

export interface SeatedOptions {
  readonly config: object;
  readonly workers?: number;
  readonly hasAdmin?: boolean;
}

/** A supervisor and its workers, all in this process: real gateways on one real port, with channels in place of pipes. */
export async function startSeatedGateways({
  config,
  workers = 2,
  hasAdmin = true,
}: SeatedOptions): Promise<SeatedGateways> {
  const directory = await createTemporaryDirectory();
  const admin = { hostname: "127.0.0.1", tokenFile: directory.file("admin-token"), allowedHosts: [] };
  const log = createMemoryLogger();
  const seated = new Map<number, SeatedGateway>();
  const metricsOf = () => createMetrics({ service: "api-gateway", processMetrics: false });

  const spawn: SpawnWorker = (assignment) => {
    const pair = createChannelPair();
    const exited = Promise.withResolvers<WorkerExit>();
    const seat = new WorkerSeat(assignment, pair.worker);
    const checked = checkedConfig(config);
    const gateway = createGateway(
      checked,
      {
        hostname: "127.0.0.1",
        version: "0.0.0",
        ...seat.place,
        ...(hasAdmin ? { admin: { ...admin, port: null } } : {}),
      },
      {
        logger: log.logger.child({ worker: seat.number }),
        metrics: seat.share(metricsOf()),
        loadConfig: () => Promise.resolve(checked),
        onConfig: (applied) => seat.runs(applied),
      },
    );
    const worker = seat.seat(gateway, checked);
    let isLeaving = false;
    const leave = async (exit: WorkerExit): Promise<void> => {
      if (isLeaving) return;
      isLeaving = true;
      await worker.stop();
      seated.delete(seat.number);
      pair.close();
      exited.resolve(exit);
    };
    const die = (): Promise<void> => leave({ code: null, signal: "SIGKILL" });
    seat.ended.addEventListener("abort", () => void leave({ code: 0, signal: null }));
    seated.set(seat.number, { number: seat.number, gateway, die });
    worker.start().catch(() => leave({ code: 1, signal: null }));
    return { pid: 0, channel: pair.supervisor, exited: exited.promise, kill: () => void die() };
  };

  const app = createSupervisorApp(
    {
      port: 0,
      hostname: "127.0.0.1",
      version: "0.0.0",
      workers,
      admin: hasAdmin ? { port: 0, hostname: "127.0.0.1" } : null,
    },
    { spawn, logger: log.logger, metrics: metricsOf(), random: () => 0 },
  );
  await app.start();
  return {
    app,
    log,
    seated,
    url: app.address?.url ?? "",
    adminUrl: app.adminAddress?.url ?? "",
    token: hasAdmin ? (await Bun.file(admin.tokenFile).text()).trim() : "",
    async [Symbol.asyncDispose]() {
      await app.stop();
      await directory.remove();
    },
  };
}
