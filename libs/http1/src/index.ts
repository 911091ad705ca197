export type { IncomingRequest, RequestHeaders } from "./incoming-request.ts";
export { WireResponse } from "./wire-response.ts";
