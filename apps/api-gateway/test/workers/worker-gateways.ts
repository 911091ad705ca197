import { createTemporaryDirectory } from "@libs/testing";
import { createMemoryLogger, createMetrics, type MemoryLogger } from "@libs/monitoring";
import { createGateway, type Gateway } from "../../src/build-gateway.ts";
import type { SpawnWorker, WorkerExit } from "../../src/workers/spawn-worker.ts";
import { createSupervisorApp, type SupervisorApp } from "../../src/workers/supervisor-app.ts";
import { SupervisedWorker } from "../../src/workers/supervised-worker.ts";
import { checkedConfig } from "../support/start-gateway.ts";
import { createChannelPair } from "./channel-pair.ts";

/** A whole gateway in this process, which takes itself for a worker. */
export interface WorkerGateway {
  readonly number: number;
  readonly gateway: Gateway;
  /** As if its process had died. */
  readonly die: () => Promise<void>;
}

export interface WorkerGateways extends AsyncDisposable {
  readonly app: SupervisorApp;
  readonly log: MemoryLogger;
  readonly url: string;
  readonly adminUrl: string;
  readonly token: string;
  /** Those that live, by their number. */
  readonly running: ReadonlyMap<number, WorkerGateway>;
}

export interface WorkerGatewaysOptions {
  readonly config: object;
  readonly workers?: number;
  readonly hasAdmin?: boolean;
}

/** A supervisor and its workers, all in this process: real gateways on one real port, with channels in place of pipes. */
export async function startWorkerGateways({
  config,
  workers = 2,
  hasAdmin = true,
}: WorkerGatewaysOptions): Promise<WorkerGateways> {
  const directory = await createTemporaryDirectory();
  const admin = { hostname: "127.0.0.1", tokenFile: directory.file("admin-token"), allowedHosts: [] };
  const log = createMemoryLogger();
  const running = new Map<number, WorkerGateway>();
  const metricsOf = () => createMetrics({ service: "api-gateway", processMetrics: false });

  const spawn: SpawnWorker = (assignment) => {
    const pair = createChannelPair();
    const exited = Promise.withResolvers<WorkerExit>();
    const worker = new SupervisedWorker(assignment, pair.worker);
    const checked = checkedConfig(config);
    const gateway = createGateway(
      checked,
      {
        hostname: "127.0.0.1",
        version: "0.0.0",
        ...worker.listen,
        ...(hasAdmin ? { admin: { ...admin, port: null } } : {}),
      },
      {
        logger: log.logger.child({ worker: worker.number }),
        metrics: worker.shareMetrics(metricsOf()),
        loadConfig: () => Promise.resolve(checked),
        onConfig: (applied) => worker.reportConfig(applied),
      },
    );
    const app = worker.attach(gateway, checked);
    let isLeaving = false;
    const leave = async (exit: WorkerExit): Promise<void> => {
      if (isLeaving) return;
      isLeaving = true;
      await app.stop();
      running.delete(worker.number);
      pair.close();
      exited.resolve(exit);
    };
    const die = (): Promise<void> => leave({ code: null, signal: "SIGKILL" });
    worker.ended.addEventListener("abort", () => void leave({ code: 0, signal: null }));
    running.set(worker.number, { number: worker.number, gateway, die });
    app.start().catch(() => leave({ code: 1, signal: null }));
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
    running,
    url: app.address?.url ?? "",
    adminUrl: app.adminAddress?.url ?? "",
    token: hasAdmin ? (await Bun.file(admin.tokenFile).text()).trim() : "",
    async [Symbol.asyncDispose]() {
      await app.stop();
      await directory.remove();
    },
  };
}
