/**
 * `bun run fleet:simulate [--devices 100] [--commands-per-sec 10] [--seconds 30] [--url http://127.0.0.1:3000]`: devices with
 * sockets that heartbeat every 10 s, and a customer that requests commands at a fixed rate (open loop). Reports
 * latencies, failures and the outcome of every command; exits 1 if one was lost or held twice, if a call failed, or if the 99th
 * percentile of claims is above 20 ms.
 */
import { orEnd, readCommandLine } from "@libs/command-line";
import { printFigures } from "@libs/measuring";
import { readCustomerSecret } from "../src/cli/customer-secret.ts";
import { Customer } from "./customer.ts";
import { Measures } from "./measures.ts";
import { SimulatedDevice } from "./simulated-device.ts";

const usage = `usage: bun run fleet:simulate [options]

  --url URL               of the gateway (http://127.0.0.1:3000)
  --devices N             devices with a socket each (100)
  --commands-per-sec N    what their customer asks for, whatever the answers take (10)
  --heartbeat-seconds N   between two heartbeats of a device (10)
  --requests              heartbeats, claims and results as requests instead of over the devices' sockets
  --warmup N --seconds N  seconds before it is measured, and measured (5, 30)`;
const { values: options, number } = readCommandLine(usage, {
  options: {
    url: { type: "string", default: "http://127.0.0.1:3000" },
    devices: { type: "string", default: "100" },
    "commands-per-sec": { type: "string", default: "10" },
    "heartbeat-seconds": { type: "string", default: "10" },
    requests: { type: "boolean", default: false },
    seconds: { type: "string", default: "30" },
    warmup: { type: "string", default: "5" },
  },
});
const count = number("devices");
const commandsPerSec = number("commands-per-sec");
const seconds = number("seconds");
const heartbeatMs = number("heartbeat-seconds") * 1000;
const warmupSeconds = number("warmup");
const atOnce = 32;
const settleMs = 30_000;

const measures = new Measures();
const customer = new Customer({
  url: options.url,
  secret: await orEnd(readCustomerSecret(process.env)),
  customerId: `simulation-${Date.now()}`,
  people: 100,
});

const deviceOptions = { url: options.url, measures, isOnRequests: options.requests };
const startedAt = performance.now();
const devices = await orEnd(enrollAll(), `no devices could be enrolled at ${options.url} (--url)`);
for (let start = 0; start < devices.length; start += atOnce) {
  const some = devices.slice(start, start + atOnce);
  await Promise.all(some.map((device) => device.start(heartbeatMs)));
}
console.log(`${devices.length} devices stand after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
await ask(warmupSeconds);
measures.restart();
await ask(seconds);
const giveUpAt = performance.now() + settleMs;
while (measures.openCommands > 0 && performance.now() < giveUpAt) await Bun.sleep(50);
console.log(measures.report(seconds));
const broken = printFigures(measures.figures(seconds, commandsPerSec));
for (const device of devices) device.stop();
process.exit(broken > 0 ? 1 : 0);

async function enrollAll(): Promise<readonly SimulatedDevice[]> {
  const enrolled: SimulatedDevice[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      const code = await customer.provision(`Simulated ${next}`);
      enrolled.push(await SimulatedDevice.enroll(deviceOptions, code));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return enrolled;
}

/** Open loop: each command is requested when it is due, not when the last one was answered. */
async function ask(forSeconds: number): Promise<void> {
  const beganAt = performance.now();
  const total = Math.round(forSeconds * commandsPerSec);
  const asking: Promise<void>[] = [];
  for (let index = 0; index < total; index += 1) {
    const waitMs = beganAt + (index / commandsPerSec) * 1000 - performance.now();
    if (waitMs > 1) await Bun.sleep(waitMs);
    asking.push(askOne());
  }
  await Promise.all(asking);
}

async function askOne(): Promise<void> {
  const device = devices[Math.floor(Math.random() * devices.length)];
  if (device === undefined) return;
  const atMs = performance.now();
  const commandId = await measures.time("ask", () => customer.ask(device.id));
  if (commandId !== undefined) measures.asked(commandId, atMs);
}
