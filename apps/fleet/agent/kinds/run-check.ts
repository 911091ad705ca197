import { statfs } from "node:fs/promises";
import { availableParallelism, freemem, loadavg, networkInterfaces, totalmem } from "node:os";
import { type CommandHandler, refused, succeeded } from "./command-handler.ts";

const checks: Readonly<Record<string, () => unknown>> = {
  async disk() {
    const { bavail, blocks, bsize } = await statfs("/");
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
  memory: () => ({ freeBytes: freemem(), totalBytes: totalmem() }),
  load: () => ({ averages: loadavg(), cores: availableParallelism() }),
  network: () => ({
    addresses: Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
      addresses.filter(({ internal }) => !internal).map(({ address }) => ({ name, address })),
    ),
  }),
  clock: () => ({
    now: new Date().toISOString(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  }),
};

/** Checks one part of the machine. */
export const runCheck: CommandHandler = async ({ parameters }) => {
  const name = String(parameters["check"]);
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
  return check === undefined ? refused(`this agent has no check ${name}`) : succeeded(await check());
};
