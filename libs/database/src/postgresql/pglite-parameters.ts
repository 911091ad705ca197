import { PGlite } from "@electric-sql/pglite";

/**
 * Small buffers: the operating system caches the files, and 16 MB measured as fast as 128 MB at 130 MB less memory. A page
 * read anywhere costs as much as the next one: otherwise statements that were prepared while their tables were small go on
 * reading the whole of them when they have grown. Statistics are read from a small sample, because everybody waits meanwhile;
 * for the same reason a new segment of the log is not filled with zeros first, which took 60 ms each time.
 */
export const startParameters: string[] = [
  ...PGlite.defaultStartParams,
  "-c",
  "shared_buffers=16MB",
  "-c",
  "random_page_cost=1.1",
  "-c",
  "default_statistics_target=1",
  "-c",
  "wal_init_zero=off",
];
