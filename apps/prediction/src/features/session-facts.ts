/** The facts about a visit, whatever their source. Times in seconds. */
export interface SessionFacts {
  readonly administrative: PageGroup;
  readonly informational: PageGroup;
  readonly product: PageGroup;
  /** Means over the visited pages, as reported by the shop's analytics: 0 to 0.2. */
  readonly bounceRate: number;
  readonly exitRate: number;
  /** Mean value of the visited pages. */
  readonly pageValue: number;
  /** Closeness to a special day, 0 to 1. */
  readonly specialDay: number;
  /** 1 to 12. */
  readonly month: number;
  readonly operatingSystem: number;
  readonly browser: number;
  readonly region: number;
  readonly trafficType: number;
  readonly visitorType: "new" | "returning" | "other";
  readonly weekend: boolean;
}

export interface PageGroup {
  readonly pages: number;
  readonly seconds: number;
}
