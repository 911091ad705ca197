export type { BeaconOptions } from "./browser/beacon.ts";
export { createIndexedDbStore } from "./browser/indexeddb-store.ts";
export type { ClientSocket, ClientSocketConstructor } from "./connection/client-socket.ts";
export type { Credential } from "./connection/connection.ts";
export type { ConnectionState } from "./connection/state.ts";
export {
  type Cartway,
  type CartwayOptions,
  type CartwayState,
  createCartway,
  type MessageMap,
  type QueuedMessage,
} from "./create-cartway.ts";
export { createMemoryStore, type OutboxEntry, type OutboxStore } from "./outbox/outbox-store.ts";
export type { RoomListener } from "./rooms/rooms.ts";
export { CartwayClientError, type HubError, type HubFrame } from "./wire.ts";
