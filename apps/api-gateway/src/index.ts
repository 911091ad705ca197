export { adminSettings } from "./admin/admin-environment.ts";
export { createGateway, type Gateway, type GatewayDeps, type GatewaySettings } from "./build-gateway.ts";
export { createConfigLoader } from "./config/worker/config-loader.ts";
export { loadConfig } from "./config/load-config.ts";
export type { GatewayConfig } from "./config/schema.ts";
export { gatewayEnvironment } from "./environment.ts";
export { configSignature } from "./config/reload/config-signature.ts";
export { ignoreHangup, reloadOnChange } from "./config/reload/reload-on-change.ts";
export { startPlatformAuth } from "./assembly/platform-auth.ts";
