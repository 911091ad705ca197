import { type Cartway, createCartway, type HubFrame } from "@cartway/client";
import { exponentialBackoff, pause } from "@libs/resilience";
import { type AgentState, AgentStateFile, type UnsentResult } from "./agent-state.ts";
import { executeCommand } from "./execute-command.ts";
import { claimFrameMax, type DeviceMessages } from "./device-messages.ts";
import { FleetApi, FleetApiError, type HeldCommand } from "./fleet-api.ts";
import type { AgentPermissions } from "./kinds/command-handler.ts";
import { judge, machineMetrics } from "./machine-metrics.ts";

export interface AgentOptions {
  /** Of the gateway: `https://shop.example`. */
  readonly url: string;
  /** Where the agent keeps its identity. */
  readonly stateFile: string;
  /** Needed for the first start, and after a rotation: used when the stored secret is refused. */
  readonly activationCode?: string;
  readonly permissions: AgentPermissions;
  readonly version: string;
  readonly heartbeatMs?: number;
  /** How long a command is held before its claim is extended. */
  readonly visibilityMs?: number;
  readonly log: (message: string) => void;
  /** Waits; ends early once the signal aborts. */
  readonly pause?: typeof pause;
}

const longPollSeconds = 25;
const answerMs = 5000;
/** A result above this is sent as a request: it could exceed the hub's largest frame if every character took three bytes. */
const frameCharsMax = 16_384;
const reasonCharsMax = 500;
/** With jitter: a thousand agents that lost one server must not reconnect at the same moment. */
const backoff = exponentialBackoff({ baseMs: 1000, maxMs: 60_000, random: Math.random });

/**
 * Runs on a device: reports its status and executes requested commands that are permitted here. Learns of commands at once over the
 * socket, otherwise by long polling; survives restarts of itself, of the network and of the fleet.
 */
export class Agent {
  readonly #options: AgentOptions;
  readonly #api: FleetApi;
  readonly #file: AgentStateFile;
  readonly #ending = new AbortController();
  readonly #executing = new Map<string, AbortController>();
  #state: AgentState | null = null;
  #look = new AbortController();
  /** The long poll has reported a command that was not claimed since. */
  #isReported = false;
  #claimsInVain = 0;
  #socket: Cartway<DeviceMessages> | null = null;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#api = new FleetApi(options);
    this.#file = new AgentStateFile(options.stateFile);
  }

  /** Registers if necessary. @throws Error where there is neither a state nor a valid code. */
  async start(): Promise<void> {
    const kept = await this.#file.read();
    const state = kept === null || (await this.#isTakenBack(kept)) ? await this.#register(kept) : kept;
    this.#state = state;
    this.#api.useCredentials(state.deviceId, state.secret);
    this.#options.log(`this is device ${state.deviceId}`);
  }

  /** Works until `stop`. Rejects only where a person has to act: the device needs another activation code. */
  async run(): Promise<void> {
    try {
      await Promise.all([this.#repeat(() => this.#beat()), this.#repeat(() => this.#work())]);
    } finally {
      this.#ending.abort();
      this.#socket?.close();
    }
  }

  /** Stops once work in progress has finished. */
  stop(): void {
    this.#ending.abort();
    this.#look.abort();
  }

  /** Only a refused secret resets the identity: an activation code left on the command line does not. */
  async #isTakenBack({ deviceId, secret }: AgentState): Promise<boolean> {
    if (this.#options.activationCode === undefined) return false;
    this.#api.useCredentials(deviceId, secret);
    try {
      await this.#api.token();
      return false;
    } catch (error) {
      return error instanceof FleetApiError && error.status === 401;
    }
  }

  async #register(before: AgentState | null): Promise<AgentState> {
    const { activationCode } = this.#options;
    if (activationCode === undefined)
      throw new Error("the device has not registered: give it an activation code");
    const { deviceId, secret } = await this.#api.register(activationCode);
    const results = before?.deviceId === deviceId ? before.results : [];
    const state = { deviceId, secret, results };
    await this.#file.write(state);
    return state;
  }

  /** Reopens a socket that was closed permanently, for example by a suspension that has ended since. */
  #keepSocket(): void {
    if (this.#socket !== null && this.#socket.state.connection.status !== "closed") return;
    this.#socket = createCartway<DeviceMessages>({
      url: `${this.#options.url.replace(/^http/, "ws").replace(/\/$/, "")}/ws/device`,
      credential: async () => ({ token: await this.#api.token() }),
      onFrame: (frame) => this.#hear(frame),
    });
  }

  /**
   * Over the socket, if it is open and the message fits a frame. `null` where the fleet did not accept it there, for whatever reason: the
   * request that follows reports the error, and the same result sent twice counts once.
   */
  async #say<Type extends keyof DeviceMessages>(type: Type, payload: DeviceMessages[Type]["payload"]) {
    if (this.#socket?.state.connection.status !== "open") return null;
    if (JSON.stringify(payload).length > frameCharsMax) return null;
    return await this.#socket.request(type, payload, { timeoutMs: answerMs }).then(
      (reply) => ({ reply }),
      () => null,
    );
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await (this.#options.pause ?? pause)(ms, signal);
  }

  #hear({ type, payload }: HubFrame): void {
    if (type === "commands_waiting") this.#look.abort();
    if (type !== "commands_cancelled") return;
    const ids: unknown = Reflect.get(Object(payload), "commandIds");
    if (Array.isArray(ids)) for (const id of ids) this.#executing.get(String(id))?.abort();
  }

  /** Repeats one piece of work, with growing waits while it fails. */
  async #repeat(work: () => Promise<void>): Promise<void> {
    let failures = 0;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await work();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof FleetApiError)) throw error;
        if (error.status === 401)
          throw new Error("the device is no longer known: it needs a new activation code", { cause: error });
        this.#options.log(error.message);
        failures += 1;
        await this.#pause(error.retryAfterMs + backoff.delayMs(failures), signal);
      }
    }
  }

  async #beat(): Promise<void> {
    const metrics = await machineMetrics();
    const heartbeat = { status: judge(metrics), agentVersion: this.#options.version, metrics };
    if ((await this.#say("device_heartbeat", heartbeat)) === null) await this.#api.heartbeat(heartbeat);
    this.#keepSocket();
    await this.#pause(this.#options.heartbeatMs ?? 10_000, this.#ending.signal);
  }

  async #work(): Promise<void> {
    await this.#sendResults();
    const { visibilityMs = 30_000 } = this.#options;
    const asked = { max: claimFrameMax, visibilityMs };
    const commands =
      (await this.#say("claim_commands", asked))?.reply.commands ?? (await this.#api.claim(asked));
    if (commands.length === 0) return await this.#wait();
    this.#isReported = false;
    this.#claimsInVain = 0;
    await Promise.all(commands.map((command) => this.#execute(command, visibilityMs)));
  }

  /**
   * Resolves when the socket or the long poll reports commands. A command can be reported that cannot be claimed, for example because its
   * claim was not recorded before the fleet died: the agent then asks after growing waits, not without end.
   */
  async #wait(): Promise<void> {
    this.#look = new AbortController();
    const signal = AbortSignal.any([this.#look.signal, this.#ending.signal]);
    this.#claimsInVain = this.#isReported ? this.#claimsInVain + 1 : 0;
    if (this.#claimsInVain > 0) await this.#pause(backoff.delayMs(this.#claimsInVain), signal);
    try {
      this.#isReported = await this.#api.waitForCommands(longPollSeconds, signal);
    } catch (error) {
      if (!this.#look.signal.aborted) throw error;
    }
  }

  async #execute(command: HeldCommand, visibilityMs: number): Promise<void> {
    const cancel = new AbortController();
    this.#executing.set(command.id, cancel);
    this.#options.log(`${command.kind} ${command.id}`);
    const { permissions } = this.#options;
    const outcome = await executeCommand({
      command,
      permissions,
      api: this.#api,
      visibilityMs,
      signal: cancel.signal,
    });
    this.#executing.delete(command.id);
    this.#options.log(`${command.kind} ${command.id} ${outcome.outcome} ${outcome.message}`);
    // stored before it is sent: an agent that dies now sends the result after its restart and does not execute the command twice
    await this.#keepResults((results) => [
      ...results,
      { commandId: command.id, claimToken: command.claimToken, ...outcome },
    ]);
    await this.#sendResults();
  }

  /**
   * A result that the fleet refuses permanently is dropped: the command has ended without it, or has another holder. One that it cannot
   * take as it is ends its command as a failure: dropped, it would have the command executed again.
   */
  async #sendResults(): Promise<void> {
    for (const result of this.#state?.results ?? []) {
      try {
        if ((await this.#say("command_result", result)) === null) await this.#api.report(result);
      } catch (error) {
        if (
          !(error instanceof FleetApiError) ||
          error.isPassing ||
          error.status === 401 ||
          error.status === 403
        )
          throw error;
        this.#options.log(`the result of ${result.commandId} was refused: ${error.message}`);
        if (error.isOfContent && result.output !== null) {
          await this.#keepResults((results) =>
            results.map((one) => (one === result ? failureOf(one, error) : one)),
          );
          return await this.#sendResults();
        }
      }
      await this.#keepResults((results) => results.filter(({ commandId }) => commandId !== result.commandId));
    }
  }

  async #keepResults(change: (results: readonly UnsentResult[]) => readonly UnsentResult[]): Promise<void> {
    if (this.#state === null) return;
    this.#state = { ...this.#state, results: change(this.#state.results) };
    await this.#file.write(this.#state);
  }
}

function failureOf(
  { commandId, claimToken, outcome }: UnsentResult,
  { message }: FleetApiError,
): UnsentResult {
  const reason = `it ${outcome}, and its result was refused: ${message}`;
  return { commandId, claimToken, outcome: "failed", message: reason.slice(0, reasonCharsMax), output: null };
}
