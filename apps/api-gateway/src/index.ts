export { createGateway, type Gateway, type GatewayDeps } from "./build-gateway.ts";
export { ConfigError } from "./config/config-error.ts";
export { loadConfig } from "./config/load-config.ts";
export type { GatewayConfig } from "./config/schema.ts";
export { startPlatformAuth } from "./platform-auth.ts";
