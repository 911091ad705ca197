import { Type } from "@sinclair/typebox";

/** A service, and a path on it. */
export const ServicePath = {
  service: Type.String({ minLength: 1, description: "A name of `services`." }),
  path: Type.String({ pattern: "^/[^\\s?#]*$", description: "Path on the service." }),
};
