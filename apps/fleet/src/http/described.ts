/** Who calls a route: a generated client sends its token to all except those of `anybody`. */
type Caller = "device" | "customer" | "anybody";

interface Described {
  /** The method's name in a generated client. */
  readonly operationId: string;
  readonly summary: string;
  readonly tags: string[];
  readonly security: Record<string, string[]>[];
}

/** How the routes of a tag are described in the OpenAPI document. */
export function describedFor(tag: "device" | "customer") {
  return (operationId: string, summary: string, caller: Caller = tag): Described => ({
    operationId,
    summary,
    tags: [tag],
    security: caller === "anybody" ? [] : [{ bearer: [] }],
  });
}

export const apiDescription = `Devices in the field, and what their customers ask of them.

Call it **through the gateway** (\`http://127.0.0.1:3000\` of \`npm start\`): it alone knows tokens, and the service by itself
answers 401 to everybody. Send \`Authorization: Bearer …\`: a device what \`authenticateDevice\` gave it, a person what the
identity provider gave (\`bun run fleet:token\` to begin with). Every error is \`{ error: { code, message, details?, requestId } }\`.`;
