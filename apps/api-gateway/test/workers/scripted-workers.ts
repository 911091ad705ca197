import { createEventLog, type EventLog } from "@libs/testing";
import { createMemoryLogger, createMetrics, type MemoryLogger, type Metrics } from "@libs/monitoring";
import type { GatewayConfig } from "../../src/config/schema.ts";
import { Link, type Tasks } from "../../src/workers/link.ts";
import { InstanceMetrics } from "../../src/workers/metrics/instance-metrics.ts";
import type { SupervisorTasks, WorkerTasks } from "../../src/workers/protocol.ts";
import type { Assignment } from "../../src/workers/assignment.ts";
import type { SpawnWorker, WorkerExit } from "../../src/workers/spawn-worker.ts";
import { createSupervisorMetrics } from "../../src/workers/supervisor-metrics.ts";
import { Supervisor, type SupervisorOptions } from "../../src/workers/supervisor.ts";
import { createChannelPair } from "./channel-pair.ts";

/** A simulated worker process that the test controls. */
export interface ScriptedWorker {
  readonly assignment: Assignment;
  readonly link: Link<WorkerTasks, SupervisorTasks>;
  /** The supervisor's calls and signals to it. */
  readonly seen: EventLog<string>;
  listen(config?: GatewayConfig): void;
  exit(exit?: Partial<WorkerExit>): void;
  /** It no longer answers, but keeps running. */
  hang(): void;
}

export interface ScriptedCrew {
  readonly supervisor: Supervisor;
  readonly spawned: EventLog<ScriptedWorker>;
  readonly log: MemoryLogger;
  readonly metrics: Metrics;
}

const port = 4711;

/** @param onSpawn what each worker does by itself; it listens at once where not given */
export function createScriptedCrew(
  options: Partial<SupervisorOptions> = {},
  onSpawn: (worker: ScriptedWorker) => void = (worker) => worker.listen(),
): ScriptedCrew {
  const spawned = createEventLog<ScriptedWorker>();
  const log = createMemoryLogger();
  const metrics = createMetrics({ service: "api-gateway", processMetrics: false });

  const spawn: SpawnWorker = (assignment) => {
    const pair = createChannelPair();
    const seen = createEventLog<string>();
    let isHanging = false;
    const ended = Promise.withResolvers<WorkerExit>();
    const note = <T>(what: string, answer: T): T => {
      seen.push(what);
      return answer;
    };
    const tasks: Tasks<WorkerTasks> = {
      ping: () => (isHanging ? new Promise<null>(() => {}) : note("ping", null)),
      stop: () => note("stop", null),
      reload: ({ reason }) => note(`reload: ${reason}`, { outcome: "applied", hash: "b", previousHash: "a" }),
      metrics: () => "",
      admin: () => Promise.reject(new Error("no admin port")),
    };
    const link = new Link<WorkerTasks, SupervisorTasks>(pair.worker, tasks);
    const worker: ScriptedWorker = {
      assignment,
      link,
      seen,
      listen(config) {
        if (config !== undefined) link.tell("runs", config);
        link.tell("up", { hostname: "127.0.0.1", port, url: `http://127.0.0.1:${port}` });
      },
      hang: () => void (isHanging = true),
      exit(exit = {}) {
        pair.close();
        ended.resolve({ code: 0, signal: null, ...exit });
      },
    };
    spawned.push(worker);
    queueMicrotask(() => onSpawn(worker));
    return {
      pid: 1_000_000 + spawned.all.length,
      channel: pair.supervisor,
      exited: ended.promise,
      kill(signal) {
        seen.push(signal);
        if (signal === "SIGKILL") worker.exit({ code: null, signal });
      },
    };
  };

  const supervisor: Supervisor = new Supervisor({
    count: 2,
    port: 0,
    spawn,
    backoff: { delayMs: () => 1 },
    heartbeat: { beatMs: 60_000, beatsMax: 2 },
    drainMs: 10_000,
    steadyMs: 60_000,
    logger: log.logger,
    metrics: createSupervisorMetrics(metrics, { wanted: 2, up: () => supervisor.upCount }),
    instanceMetrics: () => instanceMetrics,
    now: () => performance.now(),
    ...options,
  });
  const instanceMetrics = new InstanceMetrics({
    sources: () => supervisor.sources(),
    onLate: () => undefined,
  });
  return { supervisor, spawned, log, metrics };
}

/** The worker of an index in the order of their starts. */
export async function startedAs(crew: ScriptedCrew, index: number): Promise<ScriptedWorker> {
  const worker = (await crew.spawned.atLeast(index + 1))[index];
  if (worker === undefined) throw new Error(`no worker was started as number ${index}`);
  return worker;
}
