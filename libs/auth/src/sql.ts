/** What this library asks of a relational store. */
export interface Sql {
  query<T>(text: string, params?: readonly unknown[]): Promise<readonly T[]>;
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}

export interface Migration {
  readonly id: string;
  readonly up: string;
}
