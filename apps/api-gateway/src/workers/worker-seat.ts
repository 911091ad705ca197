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

/** The supervisor bounds its own wait for each worker well below that. */
const metricsTimeoutMs = 5000;
const configTimeoutMs = 60_000;

type SeatedGateway = Pick<Gateway, "name" | "fetch" | "address" | "start" | "stop" | "reloadConfig"> & {
  readonly admin: { fetch(request: Request, server: AppServer): ReturnType<App["fetch"]> } | null;
};

/** A worker's place beside its supervisor, which is told when it listens and asks it for what concerns all workers. */
export class WorkerSeat {
  readonly number: number;
  /** Where it listens, in place of what the environment says. */
  readonly place: { readonly port: number; readonly portSharing: PortSharing };
  readonly #ended = new AbortController();
  readonly #link: Link<WorkerTasks, SupervisorTasks>;
  #own: Metrics | null = null;
  #gateway: SeatedGateway | null = null;

  /** From now on it answers the supervisor's pings, so that a start that takes long is none that hangs. */
  constructor({ number, port, portSharing }: Assignment, channel: Channel) {
    this.number = number;
    this.place = { port, portSharing };
    const tasks: Tasks<WorkerTasks> = {
      ping: () => null,
      stop: () => this.#end(),
      reload: ({ reason }) => this.#seated().reloadConfig(reason),
      metrics: () => this.#render(),
      admin: (relayed) => this.#answerAdmin(relayed),
    };
    this.#link = new Link(channel, tasks);
    // A worker without its supervisor would never be replaced, nor told of the end.
    channel.onClosed(() => void this.#end());
  }

  /** Aborts when the supervisor wants the worker to end, or has ended itself. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** What the other workers run; `null` for the first one, which reads the file. A file that was broken since keeps no worker from its place. */
  config(): Promise<GatewayConfig | null> {
    return this.#link.ask("config", null, configTimeoutMs);
  }

  /** Tells what it runs now. */
  runs(config: GatewayConfig): void {
    this.#link.tell("runs", config);
  }

  /** The worker's own metrics, but what is rendered for others is of all workers together. */
  share(own: Metrics): Metrics {
    this.#own = own;
    return { ...own, render: () => this.#renderAll() };
  }

  /** The gateway, which says when it listens and what it counted in the end. */
  seat(gateway: SeatedGateway, config: GatewayConfig): App {
    this.#gateway = gateway;
    return {
      name: gateway.name,
      fetch: (request, server) => gateway.fetch(request, server),
      get address() {
        return gateway.address;
      },
      start: async () => {
        await gateway.start();
        this.runs(config);
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

  #seated(): SeatedGateway {
    if (this.#gateway === null) throw new Error("the worker is starting");
    return this.#gateway;
  }

  /** A part would look like a fall of every counter. */
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
    const { admin } = this.#seated();
    const answer = await admin?.fetch(fromRelayed(relayed), relayedServer(relayed));
    if (answer === undefined || admin === null) throw new Error("the worker has no admin port");
    return await toRelayedAnswer(answer);
  }
}
