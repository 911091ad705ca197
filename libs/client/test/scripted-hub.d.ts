import { type EventLog } from "@libs/testing";
export interface ScriptedConnection {
  readonly frames: EventLog<{
    readonly type: string;
    readonly id?: string;
    readonly payload?: unknown;
    readonly sessionId?: string;
  }>;
  readonly url: string;
  readonly protocols: string;
  send(frame: object): void;
  close(code: number, reason?: string): void;
  /** Without a close frame. */
  cut(): void;
}
export interface ScriptedHub {
  readonly url: string;
  readonly connections: EventLog<ScriptedConnection>;
  /** The welcome of the next connections; `null` sends none. */
  welcome(payload: object | null): void;
  stop(): Promise<void>;
}
/** A real socket server that does only what a test tells it to: the hub itself is tested in its own place. */
export declare function startScriptedHub(): ScriptedHub;
