import { claimFrameMax, type DeviceMessages } from "../agent/device-messages.ts";
import { FleetApi, type HeldCommand } from "../agent/fleet-api.ts";
import { DeviceSocket } from "./device-socket.ts";
import type { Measures } from "./measures.ts";

const asked = { max: claimFrameMax, visibilityMs: 60_000 };

export interface SimulatedDeviceOptions {
  /** Of the gateway. */
  readonly url: string;
  readonly measures: Measures;
  /** Sends heartbeats, claims and results as requests, like a device whose socket does not open. */
  readonly isOnRequests: boolean;
}

/** A device that heartbeats and executes commands at once: the agent without a machine. */
export class SimulatedDevice {
  readonly id: string;
  readonly #url: string;
  readonly #api: FleetApi;
  readonly #measures: Measures;
  readonly #isOnRequests: boolean;
  #socket: DeviceSocket | null = null;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #isClaiming = false;
  /** Since when there is something to claim that has not been claimed yet. */
  #wantedAt: number | null = null;

  constructor(options: SimulatedDeviceOptions, id: string, api: FleetApi) {
    this.id = id;
    this.#url = options.url;
    this.#api = api;
    this.#measures = options.measures;
    this.#isOnRequests = options.isOnRequests;
  }

  /** Registers and logs in. */
  static async enroll(options: SimulatedDeviceOptions, activationCode: string): Promise<SimulatedDevice> {
    const api = new FleetApi(options);
    const { deviceId, secret } = await api.register(activationCode);
    api.useCredentials(deviceId, secret);
    await api.token();
    return new SimulatedDevice(options, deviceId, api);
  }

  /** Resolves when the socket is open. Heartbeats start at a random moment. */
  async start(heartbeatMs: number): Promise<void> {
    const token = await this.#api.token();
    this.#socket = await DeviceSocket.open(this.#url, token, () => this.#look());
    setTimeout(() => {
      this.#beat();
      this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs);
    }, Math.random() * heartbeatMs);
  }

  stop(): void {
    clearInterval(this.#heartbeat);
    this.#socket?.close();
  }

  #beat(): void {
    const metrics = { load_per_core: Math.random(), memory_used_bytes: 1e9 * Math.random() };
    const heartbeat = { status: "ok", agentVersion: "simulated", metrics } as const;
    void this.#measures.time("heartbeat", () =>
      this.#isOnRequests ? this.#api.heartbeat(heartbeat) : this.#say("device_heartbeat", heartbeat),
    );
  }

  async #say<Type extends keyof DeviceMessages>(type: Type, payload: DeviceMessages[Type]["payload"]) {
    if (this.#socket === null) throw new Error("there is no socket");
    return await this.#socket.send(type, payload);
  }

  async #claim(): Promise<readonly HeldCommand[]> {
    if (this.#isOnRequests) return await this.#api.claim(asked);
    return (await this.#say("claim_commands", asked)).commands;
  }

  #look(): void {
    this.#wantedAt ??= performance.now();
    if (this.#isClaiming) return;
    this.#isClaiming = true;
    void this.#claimAll().finally(() => (this.#isClaiming = false));
  }

  async #claimAll(): Promise<void> {
    while (this.#wantedAt !== null) {
      const wantedAt = this.#wantedAt;
      this.#wantedAt = null;
      const commands = (await this.#measures.time("claim", () => this.#claim(), wantedAt)) ?? [];
      // there may be more: what is left counts as wanted from now on
      if (commands.length === asked.max) this.#wantedAt ??= performance.now();
      for (const { id, claimToken } of commands) {
        this.#measures.claimed(id);
        const result = {
          commandId: id,
          claimToken,
          outcome: "succeeded",
          message: "",
          output: null,
        } as const;
        await this.#measures.time("result", () =>
          this.#isOnRequests ? this.#api.report(result) : this.#say("command_result", result),
        );
        this.#measures.done(id);
      }
    }
  }
}
