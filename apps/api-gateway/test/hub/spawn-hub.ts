import type { Subprocess } from "bun";

export interface HubProcess {
  readonly url: string;
  readonly http: string;
  /** `kill -9`: without a close frame. */
  kill(): Promise<void>;
  /** Drains. */
  stop(): Promise<void>;
}

export interface SpawnHubOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly serviceUrl: string;
}

export async function spawnHub({ redisUrl, prefix, serviceUrl }: SpawnHubOptions): Promise<HubProcess> {
  const child: Subprocess<"ignore", "pipe", "inherit"> = Bun.spawn(
    [process.execPath, `${import.meta.dir}/hub-process.ts`, "0", redisUrl, prefix, serviceUrl],
    { stdin: "ignore", stdout: "pipe", stderr: "inherit" },
  );
  const port = await firstLine(child.stdout);
  async function end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    child.kill(signal);
    await child.exited;
  }
  return {
    url: `ws://127.0.0.1:${port}`,
    http: `http://127.0.0.1:${port}`,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("\n")) break;
  }
  return text.trim();
}
