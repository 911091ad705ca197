import type { App, AppServer, PortSharing } from "@libs/elysia-server";
import { CartwayError } from "@libs/errors";
import type { Metrics } from "@libs/monitoring";
import type { Gateway } from "../build-gateway.ts";
import type { GatewayConfig } from "../config/schema.ts";
import {
  fromRelayed,
  relayedServer,
  type RelayedAnswer,
  type RelayedRequest,
  toRelayedAnswer,
} from "./relayed-request.ts";
import type { Assignment } from "./assignment.ts";
import type { Channel } from "./channel.ts";
import { Link, type Tasks } from "./link.ts";
import type { SupervisorTasks, WorkerTasks } from "./protocol.ts";

/** The supervisor waits less than this for its workers. */
const metricsTimeoutMs = 5000;
const configTimeoutMs = 60_000;

type WorkerGateway = Pick<Gateway, "name" | "fetch" | "address" | "start" | "stop" | "reloadConfig"> & {
  readonly admin: { fetch(request: Request, server: AppServer): ReturnType<App["fetch"]> } | null;
};

/** The worker's side of the link to its supervisor: answers what the supervisor asks, and reports its config, start and end. */
export class SupervisedWorker {
  readonly number: number;
  /** Listener settings from the supervisor, which win over the environment's. */
  readonly listen: { readonly port: number; readonly portSharing: PortSharing };
  readonly #ended = new AbortController();
  readonly #link: Link<WorkerTasks, SupervisorTasks>;
  #own: Metrics | null = null;
  #gateway: WorkerGateway | null = null;

  /** Answers the supervisor's pings from here on, so that a slow start is not taken for a hanging one. */
  constructor({ number, port, portSharing }: Assignment, channel: Channel) {
    this.number = number;
    this.listen = { port, portSharing };
    const tasks: Tasks<WorkerTasks> = {
      ping: () => null,
      stop: () => this.#end(),
      reload: ({ reason }) => this.#started().reloadConfig(reason),
      metrics: () => this.#render(),
      admin: (relayed) => this.#answerAdmin(relayed),
    };
    this.#link = new Link(channel, tasks);
    // Without its supervisor a worker would neither be replaced nor stopped.
    channel.onClosed(() => void this.#end());
  }

  /** Aborts when the supervisor wants the worker to end, or has ended itself. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /**
   * The config that the other workers run; `null` for the first one, which reads the file. A file that has broken since does not keep a
   * worker from being replaced.
   */
  runningConfig(): Promise<GatewayConfig | null> {
    return this.#link.ask("config", null, configTimeoutMs);
  }

  /** Reports the current config to the supervisor. */
  reportConfig(config: GatewayConfig): void {
    this.#link.tell("runs", config);
  }

  /** `own`, except that the rendering is that of all workers together. */
  shareMetrics(own: Metrics): Metrics {
    this.#own = own;
    return {
      ...own,
      stream: async () => new Blob([await this.#renderAll()]).stream(),
      render: () => this.#renderAll(),
    };
  }

  /** The gateway as an app that reports to the supervisor when it listens and, once stopped, its final metrics. */
  attach(gateway: WorkerGateway, config: GatewayConfig): App {
    this.#gateway = gateway;
    return {
      name: gateway.name,
      fetch: (request, server) => gateway.fetch(request, server),
      get address() {
        return gateway.address;
      },
      start: async () => {
        await gateway.start();
        this.reportConfig(config);
        if (gateway.address !== null) this.#link.tell("up", gateway.address);
      },
      stop: async () => {
        await gateway.stop();
        if (this.#own !== null) this.#link.tell("drained", { metrics: await this.#own.render() });
      },
    };
  }

  #end(): null {
    this.#ended.abort();
    return null;
  }

  #started(): WorkerGateway {
    if (this.#gateway === null) throw new Error("the worker is starting");
    return this.#gateway;
  }

  /** Fails rather than render this worker's part alone: Prometheus would take that for a reset of every counter. */
  async #renderAll(): Promise<string> {
    try {
      return await this.#link.ask("metrics", null, metricsTimeoutMs);
    } catch (cause) {
      const message = "The supervisor does not tell the metrics of all workers.";
      throw new CartwayError("worker_unavailable", { message, retryAfterSeconds: 1, cause });
    }
  }

  async #render(): Promise<string> {
    if (this.#own === null) throw new Error("the worker is starting");
    return await this.#own.render();
  }

  async #answerAdmin(relayed: RelayedRequest): Promise<RelayedAnswer> {
    const { admin } = this.#started();
    const answer = await admin?.fetch(fromRelayed(relayed), relayedServer(relayed));
    if (answer === undefined || admin === null) throw new Error("the worker has no admin port");
    return await toRelayedAnswer(answer);
  }
}
