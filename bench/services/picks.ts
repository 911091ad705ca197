import { median } from "@libs/measuring";
import { balancers } from "../../apps/api-gateway/src/upstream/balancing/registry.ts";
import { Target } from "../../apps/api-gateway/src/upstream/targets/target.ts";

const rounds = 7;
const picks = 300_000;

const configs: Readonly<Record<string, unknown>> = {
  "round-robin": {},
  "least-in-flight": {},
  "least-rtt": { decayMs: 10_000, failureMs: 1000 },
  "consistent-hash": { by: "ip", loadMax: 1.25 },
  locality: { zone: "a", within: "least-in-flight", usableShareMin: 0.7 },
};

function targetsOf(count: number): Target[] {
  return Array.from({ length: count }, (_, index) => {
    const upstream = {
      id: `10.0.${index >> 8}.${index & 255}:80`,
      protocol: "http",
      host: "10.0.0.1",
      port: 80,
    } as const;
    return new Target({ upstream, weight: 1 + (index % 3), priority: 0, zone: index % 2 === 0 ? "a" : "b" });
  });
}

function nanosecondsOf(
  type: string,
  count: number,
): { readonly pick: number; readonly updateMicros: number } {
  const definition = balancers[type];
  if (definition === undefined) throw new Error(`there is no balancer ${type}`);
  const targets = targetsOf(count);
  const deps = { random: Math.random, now: () => performance.now(), inFlight: () => 64 };
  const balancer = definition.create(configs[type], deps);
  const updatedAt = performance.now();
  balancer.update(targets, targets);
  const updateMicros = (performance.now() - updatedAt) * 1000;
  for (const target of targets) balancer.answered?.(target, 1 + Math.random() * 20, false);
  const exchanges = Array.from({ length: 1024 }, (_, index) => ({ clientIp: `192.0.2.${index}` }));
  const results: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    for (let pick = 0; pick < picks; pick += 1) {
      // The parts of an exchange that this key is read from.
      balancer.pick(exchanges[pick & 1023] as never, []);
    }
    const { user, system } = process.cpuUsage(before);
    results.push(((user + system) * 1000) / picks);
  }
  return { pick: median(results), updateMicros };
}

/** The cost of a pick: every balancer with 3 and with 1,000 targets, in nanoseconds of CPU; the median of several rounds. */
export function measurePicks(): void {
  console.log("balancer           targets   ns a pick   us an update");
  for (const type of Object.keys(balancers)) {
    for (const count of [3, 1000]) {
      const { pick, updateMicros } = nanosecondsOf(type, count);
      console.log(
        `${type.padEnd(18)} ${String(count).padStart(7)} ${pick.toFixed(0).padStart(11)} ${updateMicros.toFixed(0).padStart(14)}`,
      );
    }
  }
}
