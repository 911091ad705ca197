export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The bound that the figure has to keep, where there is one. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface SoakOptions {
  readonly seconds: number;
  /** For scenarios that go on until so much was sent. */
  readonly requests: number;
}

export interface Scenario {
  readonly what: string;
  run(options: SoakOptions): Promise<readonly Figure[]>;
}
