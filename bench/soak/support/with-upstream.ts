import { freePort } from "@libs/testing";
import { runServer, withDirectory } from "../../gateway/run-process.ts";
import { upstreamCommand } from "../../gateway/upstream.ts";

/** Runs `work` with a fast upstream (one nginx worker that answers from memory). */
export async function withUpstream<T>(work: (port: number, directory: string) => Promise<T>): Promise<T> {
  return await withDirectory(async (directory) => {
    const port = await freePort();
    const upstream = await runServer(await upstreamCommand(port, directory), port);
    try {
      return await work(port, directory);
    } finally {
      await upstream.stop();
    }
  });
}
