import type { WireRequest } from "../request/wire-request.ts";
import { acceptKey, isHandshakeKey } from "../websocket/handshake.ts";

const ownFields: ReadonlySet<string> = new Set([
  "connection",
  "upgrade",
  "sec-websocket-accept",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
  "content-length",
  "transfer-encoding",
]);

/**
 * The answer that accepts a WebSocket, or `null` where the request is not a valid handshake (RFC 6455, section 4.2.1). The subprotocol is
 * the one in `headers`, an empty one selects none; without one, the first that the client offered.
 */
export function agreeToWebSocket(request: WireRequest, headers: Headers): Uint8Array | null {
  const { method, isHttp11, headers: asked } = request;
  const key = asked.get("sec-websocket-key") ?? "";
  if (method !== "GET" || !isHttp11 || !isHandshakeKey(key)) return null;
  if (asked.get("upgrade")?.toLowerCase() !== "websocket") return null;
  if (!/(?:^|[\s,])upgrade(?:$|[\s,])/i.test(asked.get("connection") ?? "")) return null;
  if (asked.get("sec-websocket-version") !== "13") return null;
  const offered = asked.get("sec-websocket-protocol")?.split(",")[0]?.trim() ?? "";
  const protocol = headers.get("sec-websocket-protocol") ?? offered;
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptKey(key)}`,
    ...(protocol === "" ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ];
  for (const [name, value] of headers) if (!ownFields.has(name)) lines.push(`${name}: ${value}`);
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}
