import { CartwayError } from "@libs/errors";
import { type Static, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import type { DeviceSessionDirectory } from "../../model/identity/device-sessions.ts";
import type { ServiceCaller } from "../../model/upstream/service-caller.ts";

const path = "/internal/device-sessions/verify";

const session = Type.Object({
  id: Type.String({ minLength: 1 }),
  deviceId: Type.String({ minLength: 1 }),
  customerId: Type.String({ minLength: 1 }),
  status: Type.String({ minLength: 1 }),
  expiresAt: Type.Number(),
});
const answer = TypeCompiler.Compile(Type.Object({ session: Type.Union([session, Type.Null()]) }));

/** Verifies device tokens with the config's fleet service, through the current snapshot. */
export function createFleetDirectory(services: () => ServiceCaller): DeviceSessionDirectory {
  return {
    async find(token, { service, signal }) {
      const { status, body } = await services().call(service, {
        method: "POST",
        path,
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify({ token }),
        signal,
      });
      if (status !== 200) {
        throw new CartwayError("identity_unavailable", { internal: `the fleet service answered ${status}` });
      }
      const known = readAnswer(body);
      return known === null ? null : toSession(known);
    },
  };
}

function readAnswer(body: Uint8Array): Static<typeof session> | null {
  const value: unknown = JSON.parse(new TextDecoder().decode(body));
  if (answer.Check(value)) return value.session;
  throw new CartwayError("identity_unavailable", {
    internal: "the fleet service returned no device session",
  });
}

function toSession({ id, deviceId, customerId, status, expiresAt }: Static<typeof session>) {
  const barred = status === "active" ? null : status;
  return { id, deviceId, tenantId: customerId, scopes: [], barred, expiresAt };
}
