export type {
  Broker,
  BrokerState,
  ExpiredLease,
  HistoryOptions,
  HistoryRead,
  Leases,
  Presence,
  PresenceList,
  PresenceMember,
  Publication,
  PublicationListener,
  PublishOptions,
  PublishReceipt,
} from "./broker/broker.ts";
export { ChannelFeed, type FeedListener, type FeedSource } from "./broker/channel-feed.ts";
export { createMemoryBroker, type MemoryBrokerOptions } from "./broker/memory-broker.ts";
export { type Channel, isChannelName, parseChannel } from "./channel.ts";
export { type AfterClose, afterClose, type CloseReason, closeCodes } from "./protocol/close-codes.ts";
export {
  type Frame,
  hubTypeNames,
  hubTypes,
  type JoinRoomPayload,
  type Position,
  type PublishedFrame,
  type RoomJoinedPayload,
  type RoomMember,
  type WelcomePayload,
} from "./protocol/frame.ts";
export { FrameFault, type FrameLimits, isToken, parseFrame } from "./protocol/parse-frame.ts";
export {
  type WriteErrorOptions,
  withPlace,
  writeAck,
  writeError,
  writeFrame,
  writeReply,
} from "./protocol/write-frame.ts";
export { createBrokerPublisher } from "./publisher/broker-publisher.ts";
export { disconnect, hubControlChannel } from "./publisher/disconnect.ts";
export { createHttpPublisher, type HttpPublisherOptions } from "./publisher/http-publisher.ts";
export {
  type PreparedFrame,
  type Publisher,
  type PublisherReceipt,
  prepareFrame,
} from "./publisher/publisher.ts";
export { LuaScript } from "./redis/lua-script.ts";
export { openRedisBroker } from "./redis/open-redis-broker.ts";
