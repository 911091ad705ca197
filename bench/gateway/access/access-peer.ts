import type { Place } from "../measure.ts";
import type { AccessJob } from "./access-job.ts";

export interface AccessPeer {
  readonly name: string;
  /** Why it cannot do the job here, or `null`. */
  missing(job: AccessJob): string | null;
  /** Writes the peer's config for the job and returns the command that serves it in the foreground. */
  prepare(job: AccessJob, place: Place): Promise<readonly string[]>;
}
