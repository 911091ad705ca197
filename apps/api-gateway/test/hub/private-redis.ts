import { freePort, waitUntil } from "@libs/testing";
import type { Subprocess } from "bun";

export interface PrivateRedis {
  readonly url: string;
  /** On the same port again, with what it had written down. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Suspends it like a hanging machine: connections stay open and nothing answers. */
  freeze(): void;
  thaw(): void;
}

/** A Redis of the test's own that keeps an append-only file in `directory`, so that a restart is one of a real deployment. */
export async function startPrivateRedis(directory: string): Promise<PrivateRedis> {
  const port = await freePort();
  let child: Subprocess | null = null;
  async function start(): Promise<void> {
    const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory];
    const durable = ["--appendonly", "yes", "--appendfsync", "always"];
    child = Bun.spawn(["redis-server", ...settings, ...durable], { stdout: "ignore", stderr: "ignore" });
    await waitUntil(async () => {
      const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
      socket.end();
      return true;
    });
  }
  async function kill(): Promise<void> {
    child?.kill("SIGKILL");
    await child?.exited;
    child = null;
  }
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    kill,
    freeze: () => child?.kill("SIGSTOP"),
    thaw: () => child?.kill("SIGCONT"),
  };
}
