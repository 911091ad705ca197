import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { AgentPermissions } from "./kinds/command-handler.ts";

const strict = { additionalProperties: false } as const;
const command = Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 64 });

const schema = Type.Object(
  {
    logs: Type.Optional(Type.Record(Type.String(), Type.String({ minLength: 1 }))),
    services: Type.Optional(Type.Record(Type.String(), command)),
    settingsFile: Type.Optional(Type.String({ minLength: 1 })),
    rebootCommand: Type.Optional(command),
  },
  strict,
);

/** Reads the JSON file of what the shop permits; without one the agent only reports and changes nothing. */
export async function readPermissions(path: string | null): Promise<AgentPermissions> {
  if (path === null) return { logs: {}, services: {} };
  const value: unknown = await Bun.file(path).json();
  const [issue] = Value.Errors(schema, value);
  if (issue !== undefined) throw new Error(`${path}: ${issue.path || "/"}: ${issue.message}`);
  const { logs = {}, services = {}, ...rest }: Static<typeof schema> = Value.Decode(schema, value);
  return { logs, services, ...rest };
}
