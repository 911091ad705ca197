export { type Platform, type PlatformDeps, type PlatformSettings, startPlatform } from "./create-platform.ts";
export { openStores, type Stores, type StoreSettings } from "./open-stores.ts";
