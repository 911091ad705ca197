export { customerToken, type CustomerTokenOptions } from "./cli/customer-token.ts";
export { createFleet, type FleetConfig, type FleetDeps } from "./create-fleet.ts";
export { fleetEnvironment } from "./environment.ts";
export { fleetLimits } from "./limits-environment.ts";
export { hubNotifierOf } from "./live/hub-notifier.ts";
