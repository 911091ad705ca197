import type { DirectRoute } from "@libs/elysia-server";
import type { AnyElysia } from "elysia";
import type { Fleet } from "../fleet.ts";
import { createActivationCodeRoutes } from "./customer/activation-code-routes.ts";
import { createCustomerCommandRoutes } from "./customer/command-routes.ts";
import { createDeviceLifecycleRoutes } from "./customer/device-lifecycle-routes.ts";
import { createCustomerDeviceRoutes } from "./customer/device-routes.ts";
import { createSessionDecisionRoutes } from "./customer/session-decision-routes.ts";
import { createSessionRoutes } from "./customer/session-routes.ts";
import { createSystemRoute } from "./customer/system-route.ts";
import { createClaimRoutes } from "./device/claim-routes.ts";
import { createCommandRoutes } from "./device/command-routes.ts";
import { createCredentialRoutes } from "./device/credential-routes.ts";
import { createDeviceFramesRoutes } from "./device/frames-routes.ts";
import { createHeartbeatRoute } from "./device/heartbeat-route.ts";
import { createVerifyRoute } from "./device/verify-route.ts";

/** Every route of the API, in the order of its description. */
export function createFleetRoutes(fleet: Fleet): AnyElysia[] {
  const groups = [
    createCredentialRoutes,
    createHeartbeatRoute,
    createCommandRoutes,
    createClaimRoutes,
    createActivationCodeRoutes,
    createCustomerDeviceRoutes,
    createDeviceLifecycleRoutes,
    createSessionRoutes,
    createSessionDecisionRoutes,
    createCustomerCommandRoutes,
    createSystemRoute,
  ];
  return groups.map((create) => create(fleet));
}

/** Routes for the gateway and the hub. They are reachable only within the service's own network. */
export function createInternalRoutes(fleet: Fleet): readonly DirectRoute[] {
  return [createVerifyRoute(fleet), ...createDeviceFramesRoutes(fleet)];
}
