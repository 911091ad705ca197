import { CartwayError, firstOfEachPath } from "@libs/errors";
import { type TSchema, Type } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";

/** What a command can do to an open shop: only read, interrupt briefly, change permanently. */
export type Risk = "low" | "medium" | "high";

export const risks = ["low", "medium", "high"] as const satisfies readonly Risk[];

/** Commands of these risks are delivered to no device before a person has approved them. */
export const needsApproval: Readonly<Record<Risk, boolean>> = { low: false, medium: true, high: true };

export interface CommandKind {
  readonly kind: string;
  readonly version: number;
  readonly risk: Risk;
  readonly description: string;
  readonly parameters: TSchema;
}

const strict = { additionalProperties: false } as const;
const serviceName = Type.String({
  pattern: "^[a-zA-Z0-9@._-]{1,64}$",
  description: "Name of a service on the device.",
});

/**
 * All commands, by kind and version. A version's meaning never changes: other parameters make a
 * new version, so that an agent in the field can refuse what it does not know.
 */
export const commandKinds: readonly CommandKind[] = [
  {
    kind: "run_check",
    version: 1,
    risk: "low",
    description: "Looks at one part of the device and says how it is.",
    parameters: Type.Object(
      {
        check: Type.Union(
          (["disk", "memory", "load", "network", "clock"] as const).map((name) => Type.Literal(name)),
          { description: "What to look at." },
        ),
      },
      strict,
    ),
  },
  {
    kind: "collect_logs",
    version: 1,
    risk: "low",
    description: "Sends the last lines of a log that the agent offers.",
    parameters: Type.Object(
      {
        source: Type.String({
          pattern: "^[a-zA-Z0-9._-]{1,64}$",
          description: "A log that the agent's config names.",
        }),
        linesMax: Type.Optional(
          Type.Integer({ minimum: 1, maximum: 2000, description: "200 where not given." }),
        ),
      },
      strict,
    ),
  },
  {
    kind: "restart_service",
    version: 1,
    risk: "medium",
    description: "Restarts a service that the agent's config names.",
    parameters: Type.Object({ service: serviceName }, strict),
  },
  {
    kind: "update_config",
    version: 1,
    risk: "high",
    description: "Replaces settings of the device; others stay as they are.",
    parameters: Type.Object(
      {
        settings: Type.Record(
          Type.String({ pattern: "^[a-z][a-zA-Z0-9._-]{0,63}$" }),
          Type.Union([Type.String({ maxLength: 1024 }), Type.Number(), Type.Boolean(), Type.Null()]),
          { minProperties: 1, maxProperties: 100, ...strict },
        ),
      },
      strict,
    ),
  },
  {
    kind: "reboot",
    version: 1,
    risk: "high",
    description: "Restarts the device.",
    parameters: Type.Object(
      {
        delaySeconds: Type.Optional(
          Type.Integer({ minimum: 0, maximum: 3600, description: "0 where not given." }),
        ),
      },
      strict,
    ),
  },
];

const issuesMax = 20;
const checks = new Map<CommandKind, TypeCheck<TSchema>>(
  commandKinds.map((kind) => [kind, TypeCompiler.Compile(kind.parameters)]),
);

/** The requested kind, with validated parameters. @throws CartwayError `validation_failed` naming the problem */
export function checkCommand(
  {
    kind,
    version,
    parameters,
  }: { readonly kind: string; readonly version: number; readonly parameters: unknown },
  path: string,
): CommandKind {
  const found = commandKinds.find((one) => one.kind === kind && one.version === version);
  if (found === undefined) {
    const known = commandKinds.map((one) => `${one.kind} ${one.version}`).join(", ");
    throw new CartwayError("validation_failed", {
      message: "A command's kind is not known.",
      details: [{ path: `${path}/kind`, message: "no such kind and version", expected: known }],
    });
  }
  const check = checks.get(found);
  // issues are only collected for invalid parameters
  if (check !== undefined && !check.Check(parameters)) {
    const issues = firstOfEachPath(check.Errors(parameters), issuesMax);
    throw new CartwayError("validation_failed", {
      message: `The parameters of ${kind} ${version} do not match their schema.`,
      details: issues.map((issue) => ({ path: `${path}/parameters${issue.path}`, message: issue.message })),
    });
  }
  return found;
}
