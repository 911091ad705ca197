import { statfs } from "node:fs/promises";
import { availableParallelism, freemem, loadavg, totalmem, uptime } from "node:os";

/** Current state of the machine: load, memory, disk and uptime, in base units. */
export async function machineMetrics(): Promise<Readonly<Record<string, number>>> {
  const [load = 0] = loadavg();
  const disk = await statfs("/");
  return {
    load_per_core: load / availableParallelism(),
    memory_used_bytes: totalmem() - freemem(),
    memory_total_bytes: totalmem(),
    disk_free_bytes: disk.bavail * disk.bsize,
    disk_total_bytes: disk.blocks * disk.bsize,
    uptime_seconds: uptime(),
  };
}

/** Status derived from the figures: memory or disk nearly full is failing, a busy or nearly full machine is degraded. */
export function judge(metrics: Readonly<Record<string, number>>): "ok" | "degraded" | "failing" {
  const { load_per_core: load = 0, memory_used_bytes: used = 0, memory_total_bytes: memory = 1 } = metrics;
  const { disk_free_bytes: free = 1, disk_total_bytes: disk = 1 } = metrics;
  if (free / disk < 0.02 || used / memory > 0.98) return "failing";
  return load > 2 || free / disk < 0.1 || used / memory > 0.92 ? "degraded" : "ok";
}
