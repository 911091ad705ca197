export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The bound of the figure, if it has one. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface SoakOptions {
  readonly seconds: number;
  /** For scenarios that run until this many requests were sent. */
  readonly requests: number;
}

export interface Scenario {
  readonly what: string;
  run(options: SoakOptions): Promise<readonly Figure[]>;
}
