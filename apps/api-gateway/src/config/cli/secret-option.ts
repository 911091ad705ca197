import { messageOf } from "@libs/errors";
import { resolveSecret } from "../secrets.ts";

/** Options of a command that signs. The secret itself is not an argument, because every user of a machine can see those. */
export const secretOptions = { "secret-env": { type: "string" }, "secret-file": { type: "string" } } as const;

export interface SecretCommandLine {
  readonly values: {
    readonly "secret-env"?: string | undefined;
    readonly "secret-file"?: string | undefined;
  };
  readonly refuse: (problem: string) => never;
}

/** The secret that the arguments refer to, read exactly as the gateway reads it. */
export function readSecretOption({ values, refuse }: SecretCommandLine): string {
  const { "secret-env": env, "secret-file": file } = values;
  if (env === undefined && file === undefined) refuse("no secret is given");
  try {
    return resolveSecret(file === undefined ? { env: env ?? "" } : { file }, process);
  } catch (thrown) {
    return refuse(messageOf(thrown));
  }
}
