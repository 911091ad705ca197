import { messageOf } from "@libs/errors";
import type { ConfigIssue } from "../model/config/config-issue.ts";
import { referencedSecrets } from "./referenced-secrets.ts";
import { resolveSecret, type SecretSources } from "./secrets.ts";

/** A secret that a config refers to and that is not there. */
export interface UnavailableSecret extends ConfigIssue {
  /** The variable or the file. */
  readonly name: string;
  readonly kind: "variable" | "file";
}

/** Every variable that is not set and every file that cannot be read, each time that a config, or the part of it at `path`, refers to it. */
export function unavailableSecrets(part: unknown, sources: SecretSources, path = ""): UnavailableSecret[] {
  return referencedSecrets(part, path).flatMap((secret) => {
    const { reference } = secret;
    const named =
      "env" in reference
        ? ({ kind: "variable", name: reference.env } as const)
        : ({ kind: "file", name: reference.file } as const);
    try {
      resolveSecret(reference, sources);
      return [];
    } catch (thrown) {
      const message = messageOf(thrown);
      return [{ ...named, path: secret.path, message }];
    }
  });
}
