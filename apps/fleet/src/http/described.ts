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

export const apiDescription = `Devices in stores, and the commands that customers run on them.

Call it **through the gateway** (\`http://127.0.0.1:3000\` of \`npm start\`), which verifies tokens; the service itself
answers 401 to every direct call. Send \`Authorization: Bearer …\` with the token from \`authenticateDevice\` for a device, or from the
identity provider for a person (\`bun run fleet:token\` creates one for trying it out). Every error is \`{ error: { code, message, details?, requestId } }\`.`;
