import { Elysia } from "elysia";
import { requireStorable } from "./check-text.ts";
import { describedFor } from "./described.ts";

const group =
  <Prefix extends `/${string}`>(prefix: Prefix) =>
  (name: string) =>
    new Elysia({ name: `fleet/${name}`, prefix }).onBeforeHandle(({ body }) => requireStorable(body));

/** An empty group of routes for agents on devices. The gateway has verified the device's token on all except those for `anybody`. */
export const deviceRoutes = group("/api/v1/device");
/** An empty group of routes for customers. What belongs to another customer is answered as not found. */
export const customerRoutes = group("/api/v1/customer");

export const describedForDevices = describedFor("device");
export const describedForCustomers = describedFor("customer");
