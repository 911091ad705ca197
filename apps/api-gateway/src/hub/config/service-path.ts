import { Type } from "@sinclair/typebox";

/** Where on which service. */
export const ServicePath = {
  service: Type.String({ minLength: 1, description: "A name of `services`." }),
  path: Type.String({ pattern: "^/[^\\s?#]*$", description: "Path on the service." }),
};
