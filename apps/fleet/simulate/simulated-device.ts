import { FleetApi } from "../agent/fleet-api.ts";
import type { Measures } from "./measures.ts";

const visibilityMs = 60_000;

/** A device that heartbeats and executes at once what it is told to: the agent without a machine behind it. */
export class SimulatedDevice {
  readonly id: string;
  readonly #url: string;
  readonly #api: FleetApi;
  readonly #measures: Measures;
  #socket: WebSocket | null = null;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #isClaiming = false;
  /** Since when there is something to claim that was not asked for yet. */
  #wantedAt: number | null = null;

  constructor(url: string, id: string, api: FleetApi, measures: Measures) {
    this.id = id;
    this.#url = url;
    this.#api = api;
    this.#measures = measures;
  }

  /** Registers and logs in. */
  static async enroll(url: string, activationCode: string, measures: Measures): Promise<SimulatedDevice> {
    const api = new FleetApi({ url });
    const { deviceId, secret } = await api.register(activationCode);
    api.useCredentials(deviceId, secret);
    await api.token();
    return new SimulatedDevice(url, deviceId, api, measures);
  }

  /** Resolves when the socket stands. Heartbeats begin at a moment of their own. */
  async start(heartbeatMs: number): Promise<void> {
    const token = await this.#api.token();
    const socket = new WebSocket(`${this.#url.replace(/^http/, "ws")}/ws/device`, [
      "cartway.v1",
      `bearer.${token}`,
    ]);
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("message", ({ data }) => {
        const text = String(data);
        if (text.includes('"welcome"')) resolve();
        if (text.includes('"commands_waiting"')) this.#look();
      });
      socket.addEventListener("close", ({ code }) => reject(new Error(`the socket was closed with ${code}`)));
    });
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
    void this.#measures.time("heartbeat", () => this.#api.heartbeat(heartbeat));
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
      const claim = () => this.#api.claim(10, visibilityMs);
      const commands = (await this.#measures.time("claim", claim, wantedAt)) ?? [];
      for (const { id, claimToken } of commands) {
        this.#measures.claimed(id);
        const result = {
          commandId: id,
          claimToken,
          outcome: "succeeded",
          message: "",
          output: null,
        } as const;
        await this.#measures.time("result", () => this.#api.report(result));
        this.#measures.done(id);
      }
    }
  }
}
