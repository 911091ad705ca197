import type { AppAddress } from "@libs/elysia-server";
import type { GatewayConfig } from "../config/schema.ts";
import type { Link } from "./link.ts";
import type { SupervisorTasks, WorkerTasks } from "./protocol.ts";
import type { WorkerProcess } from "./spawn-worker.ts";

export type WorkerLink = Link<SupervisorTasks, WorkerTasks>;

/** A worker whose process is alive. */
export interface RunningWorker {
  /** Unique within one supervisor. */
  readonly id: number;
  readonly process: WorkerProcess;
  readonly link: WorkerLink;
  /** The config it got at start; `null` if it read the file itself, then or since. */
  given: GatewayConfig | null;
  /** Pings unanswered since its last answer. */
  missedBeats: number;
  /** Whether it was killed for not answering them. */
  hasHung: boolean;
}

/** The state of one worker number. Every transition is in `Supervisor`. */
export type WorkerState =
  | { readonly phase: "starting"; readonly worker: RunningWorker }
  | {
      readonly phase: "up";
      readonly worker: RunningWorker;
      readonly address: AppAddress;
      readonly since: number;
    }
  /** Its process has died; the timer starts another. */
  | { readonly phase: "waiting"; readonly timer: NodeJS.Timeout }
  | { readonly phase: "absent" };

export function runningWorkerOf(state: WorkerState): RunningWorker | null {
  switch (state.phase) {
    case "starting":
    case "up":
      return state.worker;
    case "waiting":
    case "absent":
      return null;
  }
}
