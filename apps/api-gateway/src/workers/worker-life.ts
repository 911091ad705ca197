import type { AppAddress } from "@libs/elysia-server";
import type { GatewayConfig } from "../config/schema.ts";
import type { Link } from "./link.ts";
import type { SupervisorTasks, WorkerTasks } from "./protocol.ts";
import type { WorkerProcess } from "./spawn-worker.ts";

export type WorkerLink = Link<SupervisorTasks, WorkerTasks>;

/** A process while it lives. */
export interface LivingWorker {
  /** Unique in the life of the supervisor. */
  readonly id: number;
  readonly process: WorkerProcess;
  readonly link: WorkerLink;
  /** The config that it was given to run; `null` where it read the file. */
  given: GatewayConfig | null;
  /** Beats that it has not answered since its last answer. */
  missedBeats: number;
  /** Whether it was killed for that. */
  hasHung: boolean;
}

/** What becomes of one worker's number; the transitions are in `Supervisor` and nowhere else. */
export type WorkerLife =
  | { readonly phase: "starting"; readonly worker: LivingWorker }
  | {
      readonly phase: "up";
      readonly worker: LivingWorker;
      readonly address: AppAddress;
      readonly since: number;
    }
  /** Its process has died, and another is started when the time has come. */
  | { readonly phase: "waiting"; readonly timer: NodeJS.Timeout }
  | { readonly phase: "absent" };

export function livingOf(life: WorkerLife): LivingWorker | null {
  switch (life.phase) {
    case "starting":
    case "up":
      return life.worker;
    case "waiting":
    case "absent":
      return null;
  }
}
