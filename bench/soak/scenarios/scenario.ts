import type { Figure } from "@libs/measuring";

export interface SoakOptions {
  readonly seconds: number;
  /** For scenarios that run until this many requests were sent. */
  readonly requests: number;
}

export interface Scenario {
  readonly what: string;
  run(options: SoakOptions): Promise<readonly Figure[]>;
}
