import { type AppAddress, type PortSharing, ReportedFailure, within } from "@libs/elysia-server";
import { messageOf } from "@libs/errors";
import type { Logger } from "@libs/monitoring";
import type { Backoff } from "@libs/resilience";
import type { ReloadResult } from "../config/reload/config-reloader.ts";
import { configHash } from "../config/config-hash.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { Heartbeat, type HeartbeatOptions, isQuiet } from "./heartbeat.ts";
import { Link, type Tasks } from "./link.ts";
import type { InstanceMetrics, MetricsSource } from "./metrics/instance-metrics.ts";
import type { SupervisorTasks, WorkerTasks } from "./protocol.ts";
import type { SpawnWorker, WorkerExit } from "./spawn-worker.ts";
import type { SupervisorMetrics } from "./supervisor-metrics.ts";
import { runningWorkerOf, type RunningWorker, type WorkerState } from "./worker-state.ts";

export interface SupervisorOptions {
  readonly count: number;
  /** 0 chooses a free port, the same for all workers. */
  readonly port: number;
  readonly spawn: SpawnWorker;
  readonly backoff: Backoff;
  readonly heartbeat: HeartbeatOptions;
  /** How long workers may take to stop, in milliseconds. */
  readonly drainMs: number;
  /** A worker that was up this long starts again without backoff when it dies. */
  readonly steadyMs: number;
  readonly logger: Logger;
  readonly metrics: SupervisorMetrics;
  /** The merged metrics of all workers. */
  readonly instanceMetrics: () => InstanceMetrics;
  /** Milliseconds on a clock that never jumps. */
  readonly now: () => number;
}

interface Slot {
  readonly number: number;
  state: WorkerState;
  /** Consecutive ones. */
  failures: number;
}

export interface UpWorker {
  readonly number: number;
  readonly link: RunningWorker["link"];
}

export interface WorkerReload {
  readonly worker: number;
  readonly result: ReloadResult | { readonly outcome: "failed"; readonly problem: string };
}

const metricsTimeoutMs = 2000;
const reloadTimeoutMs = 60_000;
const lookAgainMs = 100;

/**
 * Starts `count` workers, replaces those that die, and stops them. The first is started alone: it proves that the port is free and the
 * config usable, and runs the one-time work (migrations, the first administrator) before the others start.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #slots: readonly Slot[];
  #lastId = 0;
  #address: AppAddress | null = null;
  /** What the workers run: a new object for each that differs. */
  #config: GatewayConfig | null = null;
  #heartbeat: Heartbeat | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.count }, (_, index) => ({
      number: index + 1,
      state: { phase: "absent" },
      failures: 0,
    }));
  }

  /** Their common address; `null` before the first one listens. */
  get address(): AppAddress | null {
    return this.#address;
  }

  /** Resolves when all listen. @throws ReportedFailure if one could not start, which has reported why. */
  async start(): Promise<void> {
    const living = (): readonly RunningWorker[] =>
      this.#slots.flatMap(({ state }) => runningWorkerOf(state) ?? []);
    this.#heartbeat = new Heartbeat(this.#options.heartbeat, living, (worker) => this.#killHung(worker));
    const [first, ...others] = this.#slots;
    try {
      if (first !== undefined) await this.#launch(first);
      await Promise.all(others.map((slot) => this.#launch(slot)));
    } catch (thrown) {
      // told to stop while it was starting: not a failure
      if (this.#stopped !== null) return;
      await this.stop().catch(() => undefined);
      throw thrown;
    }
  }

  /** Drains all workers and kills those that take too long. Rejects if one did not end cleanly. All calls share one result. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Kills every remaining worker at once, for a supervisor that exits without draining. */
  kill(): void {
    for (const { state } of this.#slots) runningWorkerOf(state)?.process.kill("SIGKILL");
  }

  /** The listening workers: responsive ones first, then by number. */
  up(): readonly UpWorker[] {
    const lives = this.#slots.flatMap(({ number, state }) =>
      state.phase === "up" ? [{ number, state }] : [],
    );
    return lives
      .toSorted((a, b) => Number(isQuiet(a.state.worker)) - Number(isQuiet(b.state.worker)))
      .map(({ number, state }) => ({ number, link: state.worker.link }));
  }

  /** Makes every listening worker read its config again. */
  async reload(reason: string): Promise<readonly WorkerReload[]> {
    return await Promise.all(
      this.up().map(async ({ number: worker, link }): Promise<WorkerReload> => {
        try {
          return { worker, result: await link.ask("reload", { reason }, reloadTimeoutMs) };
        } catch (thrown) {
          return { worker, result: { outcome: "failed", problem: messageOf(thrown) } };
        }
      }),
    );
  }

  /** For the instance's metrics. */
  sources(): readonly MetricsSource[] {
    return this.#slots.flatMap(({ number, state }) =>
      state.phase === "up"
        ? [
            {
              id: state.worker.id,
              worker: String(number),
              ask: () => state.worker.link.ask("metrics", null, metricsTimeoutMs),
            },
          ]
        : [],
    );
  }

  /** The number of listening workers, for health checks. */
  get upCount(): number {
    return this.#slots.filter(({ state }) => state.phase === "up").length;
  }

  /** Resolves when the worker listens. @throws ReportedFailure if it ended before. */
  async #launch(slot: Slot): Promise<void> {
    if (this.#stopped !== null) return;
    const { spawn } = this.#options;
    const listening = Promise.withResolvers<void>();
    const process = spawn({ number: slot.number, ...this.#portForNext() });
    const tasks: Tasks<SupervisorTasks> = {
      config: () => (worker.given = this.#config),
      runs: (config) => this.#keepConfig(config),
      up: (address) => {
        this.#markUp(slot, worker, address);
        listening.resolve();
        return null;
      },
      drained: ({ metrics }) => {
        this.#options.instanceMetrics().reported({ id: worker.id, worker: String(slot.number) }, metrics);
        return null;
      },
      metrics: () => this.#options.instanceMetrics().render(),
    };
    const link = new Link<SupervisorTasks, WorkerTasks>(process.channel, tasks);
    const id = (this.#lastId += 1);
    const worker: RunningWorker = { id, process, link, given: null, missedBeats: 0, hasHung: false };
    slot.state = { phase: "starting", worker };
    const ended = async (): Promise<void> => {
      const exit = await process.exited;
      listening.reject(new ReportedFailure(`worker ${slot.number} did not start`, failureCode(exit)));
      this.#workerEnded(slot, worker, exit);
    };
    void ended();
    await listening.promise;
  }

  /** A worker that starts while no other listens verifies that no other program has taken the port. */
  #portForNext(): { readonly port: number; readonly portSharing: PortSharing } {
    return {
      port: this.#address?.port ?? this.#options.port,
      portSharing: this.upCount === 0 ? "first" : "joined",
    };
  }

  #markUp(slot: Slot, worker: RunningWorker, address: AppAddress): void {
    if (runningWorkerOf(slot.state) !== worker) return;
    slot.state = { phase: "up", worker, address, since: this.#options.now() };
    this.#address ??= address;
    // became ready after all were asked to stop
    if (this.#stopped !== null) worker.link.tell("stop", null);
    else this.#bringUpToDate(worker);
  }

  #keepConfig(config: GatewayConfig): null {
    if (this.#config !== null && configHash(this.#config) === configHash(config)) return null;
    this.#config = config;
    for (const { state } of this.#slots) {
      // the others may have begun this reload before it listened
      const isNew = state.phase === "up" && this.#options.now() - state.since < reloadTimeoutMs;
      if (isNew) this.#bringUpToDate(state.worker);
    }
    return null;
  }

  /** Where the others run another config than the one that it was given when it started. Once: configs may differ each time they are read. */
  #bringUpToDate(worker: RunningWorker): void {
    if (worker.given === null || worker.given === this.#config) return;
    worker.given = null;
    worker.link.tell("reload", { reason: "the config changed while the worker started" });
  }

  #workerEnded(slot: Slot, worker: RunningWorker, exit: WorkerExit): void {
    const { instanceMetrics, metrics, logger, backoff, steadyMs, now } = this.#options;
    instanceMetrics().ended(worker.id);
    const { state } = slot;
    const isFirstStart = state.phase === "starting" && slot.failures === 0;
    if (this.#stopped !== null || isFirstStart) {
      slot.state = { phase: "absent" };
      // a worker that ended by itself has reported why
      if (isFirstStart && this.#stopped === null && exit.signal !== null)
        logger.fatal({ worker: slot.number, ...exit }, "a worker was killed before it was listening");
      return;
    }
    const wasSteady = state.phase === "up" && now() - state.since >= steadyMs;
    slot.failures = wasSteady ? 1 : slot.failures + 1;
    const delayMs = Math.round(backoff.delayMs(slot.failures));
    const reason = worker.hasHung ? "hung" : exit.signal === null ? "exited" : "killed";
    metrics.exits.with({ reason }).inc();
    const fields = { worker: slot.number, pid: worker.process.pid, reason, ...exit, delayMs };
    const log = exit.code === 0 ? logger.info : logger.error;
    log(fields, "a worker has ended, and another takes its place");
    this.#replaceAfter(slot, delayMs);
  }

  #replaceAfter(slot: Slot, delayMs: number): void {
    slot.state = { phase: "waiting", timer: setTimeout(() => this.#replace(slot), delayMs) };
  }

  /** If no worker listens, one starts alone, because it has to verify the port. */
  #replace(slot: Slot): void {
    const isOneStarting = this.#slots.some(({ state }) => state.phase === "starting");
    if (isOneStarting && this.upCount === 0) return this.#replaceAfter(slot, lookAgainMs);
    this.#launch(slot).then(
      () => this.#options.logger.info({ worker: slot.number }, "a worker was replaced"),
      // `#workerEnded` reports it and tries again
      () => undefined,
    );
  }

  #killHung(worker: RunningWorker): void {
    this.#options.logger.error({ pid: worker.process.pid }, "a worker does not respond and is killed");
    worker.process.kill("SIGKILL");
  }

  async #stop(): Promise<void> {
    const { drainMs, logger } = this.#options;
    this.#heartbeat?.stop();
    const ends: Promise<{ readonly number: number; readonly isWell: boolean }>[] = [];
    for (const slot of this.#slots) {
      const { number, state } = slot;
      if (state.phase === "waiting") {
        clearTimeout(state.timer);
        slot.state = { phase: "absent" };
      }
      if (state.phase === "starting") state.worker.process.kill("SIGTERM");
      if (state.phase === "up") state.worker.link.tell("stop", null);
      const isServing = state.phase === "up";
      const exited = runningWorkerOf(state)?.process.exited;
      if (exited !== undefined)
        ends.push(exited.then(({ code }) => ({ number, isWell: !isServing || code === 0 })));
    }
    if (!(await within(Promise.all(ends), drainMs))) {
      logger.error({ drainMs }, "workers that did not stop in time are killed");
      this.kill();
    }
    const ill = (await Promise.all(ends)).filter(({ isWell }) => !isWell).map(({ number }) => number);
    if (ill.length > 0) throw new Error(`of the workers, ${ill.join(", ")} did not stop cleanly`);
  }
}

function failureCode({ code }: WorkerExit): number {
  return code === null || code === 0 ? 1 : code;
}
