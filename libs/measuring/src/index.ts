export { type Figure, printFigures } from "./figures.ts";
export { Latencies } from "./latencies.ts";
export { median } from "./median.ts";
export { type OwnLoad, watchOwnLoad } from "./own-load.ts";
