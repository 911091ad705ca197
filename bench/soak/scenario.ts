export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The bound that the figure has to keep, where there is one. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface Scenario {
  readonly what: string;
  run(options: { readonly seconds: number }): Promise<readonly Figure[]>;
}
