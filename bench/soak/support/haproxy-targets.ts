import { join } from "node:path";
import { freePort } from "@libs/testing";
import { haproxyFront } from "../../gateway/haproxy-front.ts";
import { type RunningProcess, runServer } from "../../gateway/run-process.ts";

/** HAProxy in front of as many targets, one thread, round robin, like the gateway: shows how much of a cost is the machine's. */
export async function startHaproxy(
  targets: readonly string[],
  directory: string,
): Promise<RunningProcess & { readonly url: string }> {
  const port = await freePort();
  const file = join(directory, "haproxy.cfg");
  const servers = targets.map(
    (url, index) => `  server s${index} ${new URL(url).host} pool-max-conn 1024 pool-purge-delay 1m`,
  );
  await Bun.write(
    file,
    `${haproxyFront(port)}
  default_backend upstream
backend upstream
  balance roundrobin
${servers.join("\n")}
`,
  );
  return { ...(await runServer(["haproxy", "-db", "-f", file], port)), url: `http://127.0.0.1:${port}` };
}
