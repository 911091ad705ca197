export { checkMetrics, promtool } from "./check-metrics.ts";
export { chromiumPath, headlessChromium } from "./chromium.ts";
export { createEventLog, type EventLog } from "./event-log.ts";
export { freePort } from "./free-port.ts";
export { heldBytes } from "./held-bytes.ts";
export { createManualClock, type ManualClock, type ManualTimer } from "./manual-clock.ts";
export { createMeshAuthority, type KeyPair, type LeafOptions, type MeshAuthority } from "./mesh-authority.ts";
export {
  type CollectedExport,
  type CollectedSpan,
  type OtlpCollector,
  startOtlpCollector,
} from "./otlp-collector.ts";
export { buildApp } from "./processes/build-app.ts";
export { imageEnvironment } from "./processes/image-environment.ts";
export {
  customerSecret,
  type AppName,
  type ProcessesOptions,
  type RunningProcesses,
  startProcesses,
} from "./processes/start-processes.ts";
export { openingLimitMs } from "./opening-limit.ts";
export { pick, pickList, pickText } from "./pick.ts";
export { type RawAnswer, sendRaw } from "./raw-http.ts";
export {
  type FrameOptions,
  frameOf,
  openRaw,
  type RawFrame,
  type RawSocket,
} from "./raw-web-socket.ts";
export { seededRandom } from "./seeded-random.ts";
export { type ServerKind, serverSuiteName, serverUrl } from "./server-url.ts";
export { startClickHouse } from "./servers/clickhouse.ts";
export { hasPostgreSQL, startPostgreSQL } from "./servers/postgresql.ts";
export { startRedis } from "./servers/redis.ts";
export type { ServerProcess } from "./servers/server-process.ts";
export { type PrivateServers, startServers } from "./servers/start-servers.ts";
export { type SpawnedProcess, type SpawnOptions, spawnScript } from "./spawn-script.ts";
export { createTemporaryDirectory, type TemporaryDirectory } from "./temporary-directory.ts";
export { type WaitOptions, waitUntil } from "./wait-until.ts";
