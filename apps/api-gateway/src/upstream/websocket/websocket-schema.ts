import { type Static, Type } from "@sinclair/typebox";

const mebibyte = 1_048_576;

/** The WebSocket settings of a route; `true` stands for all defaults. */
export const webSocketSchema = Type.Object(
  {
    messageBytesMax: Type.Integer({
      minimum: 1,
      maximum: 64 * mebibyte,
      default: mebibyte,
      description: "Largest message either way, its fragments together; more closes with 1009.",
    }),
    bufferBytesMax: Type.Integer({
      minimum: 4096,
      maximum: 64 * mebibyte,
      default: 262_144,
      description: "Bytes buffered for a slow reader before the other side is paused.",
    }),
    connectionsMax: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 10_000,
      description: "Open WebSockets of the route; more are refused with 503 and Retry-After.",
    }),
    messagesPerSec: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: "Messages of one client a second, twice that at once; more closes with 1008.",
      }),
    ),
    idleMs: Type.Integer({
      minimum: 0,
      maximum: 86_400_000,
      default: 600_000,
      description:
        "Closes a WebSocket with 1001 after this long without a message either way; 0 for never. Milliseconds.",
    }),
    pingMs: Type.Integer({
      minimum: 0,
      maximum: 3_600_000,
      default: 25_000,
      description:
        "A service silent for this long is pinged, and closed after the same time again without an answer; 0 for never. Milliseconds.",
    }),
    endsWithCredential: Type.Boolean({
      default: true,
      description:
        "Closes with 1008 once the credential that opened a WebSocket has expired or was revoked; false lets it live on.",
    }),
    origins: Type.Optional(
      Type.Array(Type.String({ pattern: "^https?://[^/\\s*]+$" }), {
        minItems: 1,
        maxItems: 1000,
        description: "Pages that may connect; others are refused with 403. The service decides where absent.",
      }),
    ),
  },
  { additionalProperties: false, description: "Limits of the WebSockets of a route." },
);

export type WebSocketSettings = Static<typeof webSocketSchema>;
