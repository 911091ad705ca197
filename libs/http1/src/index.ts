export type { IncomingRequest, RequestHeaders } from "./incoming-request.ts";
export { type ByteTable, isTargetCode, isTokenCode, isValueCode } from "./message/byte-tables.ts";
export { ChunkedDecoder } from "./message/chunked-decoder.ts";
export { nameAt } from "./message/field-names.ts";
export { MalformedMessage } from "./message/malformed-message.ts";
export { Turn, type TurnEnd } from "./turn.ts";
export { incomingOf, toRequest } from "./to-request.ts";
export { type Answer, toResponse } from "./to-response.ts";
export { WireResponse } from "./wire-response.ts";
