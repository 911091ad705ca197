/** Who is at fault: the caller, the gateway itself, or a service behind it. */
export type Fault = "caller" | "gateway" | "service";

interface ErrorCodeRow {
  /** HTTP status of the answer. */
  readonly status: number;
  /** True where the same request, sent again unchanged, can succeed later. */
  readonly retryable: boolean;
  readonly fault: Fault;
  /** The default public text. */
  readonly message: string;
}

/**
 * Every error that the platform can answer with, over HTTP and in hub frames. Closed: an unknown code does not compile. The groups follow
 * a request's way through the gateway.
 */
export const errorCodes = {
  // syntax of the request
  bad_request: { status: 400, retryable: false, fault: "caller", message: "The request is malformed." },
  invalid_host: {
    status: 400,
    retryable: false,
    fault: "caller",
    message: "The Host header is missing or invalid.",
  },
  invalid_path: {
    status: 400,
    retryable: false,
    fault: "caller",
    message: "The path is not a valid URL path.",
  },
  invalid_header: { status: 400, retryable: false, fault: "caller", message: "A header is malformed." },
  invalid_json: { status: 400, retryable: false, fault: "caller", message: "The body is not valid JSON." },
  validation_failed: {
    status: 422,
    retryable: false,
    fault: "caller",
    message: "The input does not match its schema.",
  },
  payload_too_large: {
    status: 413,
    retryable: false,
    fault: "caller",
    message: "The body is larger than allowed.",
  },
  uri_too_long: {
    status: 414,
    retryable: false,
    fault: "caller",
    message: "The URL is longer than allowed.",
  },
  header_too_large: {
    status: 431,
    retryable: false,
    fault: "caller",
    message: "The header is larger than allowed.",
  },
  version_not_supported: {
    status: 505,
    retryable: false,
    fault: "caller",
    message: "This version of HTTP is not spoken here.",
  },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    fault: "caller",
    message: "The content type is not supported.",
  },
  expectation_failed: {
    status: 417,
    retryable: false,
    fault: "caller",
    message: "The expectation cannot be met.",
  },
  upgrade_required: {
    status: 426,
    retryable: false,
    fault: "caller",
    message: "This path speaks WebSocket only.",
  },
  request_timeout: {
    status: 408,
    retryable: true,
    fault: "caller",
    message: "The request took too long to arrive.",
  },
  loop_detected: {
    status: 508,
    retryable: false,
    fault: "gateway",
    message: "The request has passed this gateway before.",
  },
  // routing
  not_found: { status: 404, retryable: false, fault: "caller", message: "Nothing is served here." },
  method_not_allowed: {
    status: 405,
    retryable: false,
    fault: "caller",
    message: "The method is not allowed here.",
  },
  conflict: {
    status: 409,
    retryable: false,
    fault: "caller",
    message: "The request conflicts with the present state.",
  },
  gone: { status: 410, retryable: false, fault: "caller", message: "This is no longer available." },
  // authentication and authorization
  unauthenticated: { status: 401, retryable: false, fault: "caller", message: "Authentication is required." },
  invalid_credentials: {
    status: 401,
    retryable: false,
    fault: "caller",
    message: "The credentials are not valid.",
  },
  invalid_token: { status: 401, retryable: false, fault: "caller", message: "The token is not valid." },
  forbidden: { status: 403, retryable: false, fault: "caller", message: "This is not allowed." },
  identity_unavailable: {
    status: 503,
    retryable: true,
    fault: "gateway",
    message: "The identity cannot be verified right now.",
  },
  // limits
  rate_limited: { status: 429, retryable: true, fault: "caller", message: "Too many requests." },
  queue_full: { status: 503, retryable: true, fault: "gateway", message: "Too many requests are waiting." },
  queue_timeout: {
    status: 503,
    retryable: true,
    fault: "gateway",
    message: "The request waited too long for its turn.",
  },
  overloaded: { status: 503, retryable: true, fault: "gateway", message: "The gateway is overloaded." },
  shutting_down: {
    status: 503,
    retryable: true,
    fault: "gateway",
    message: "This instance is shutting down.",
  },
  worker_unavailable: {
    status: 503,
    retryable: true,
    fault: "gateway",
    message: "The worker process cannot answer right now.",
  },
  too_many_connections: {
    status: 503,
    retryable: true,
    fault: "gateway",
    message: "No more connections are accepted.",
  },
  // the service behind the gateway
  no_target: {
    status: 503,
    retryable: true,
    fault: "service",
    message: "The service has no target that is available.",
  },
  breaker_open: {
    status: 503,
    retryable: true,
    fault: "service",
    message: "The service is failing and is given time to recover.",
  },
  bulkhead_full: {
    status: 503,
    retryable: true,
    fault: "service",
    message: "The service has too many requests in flight.",
  },
  upstream_unreachable: {
    status: 502,
    retryable: true,
    fault: "service",
    message: "The service could not be reached.",
  },
  upstream_reset: {
    status: 502,
    retryable: true,
    fault: "service",
    message: "The service closed the connection before it answered.",
  },
  upstream_invalid: {
    status: 502,
    retryable: true,
    fault: "service",
    message: "The service gave an answer that is not valid HTTP.",
  },
  upstream_timeout: {
    status: 504,
    retryable: true,
    fault: "service",
    message: "The service took too long to answer.",
  },
  service_failed: {
    status: 502,
    retryable: false,
    fault: "service",
    message: "The service failed to answer.",
  },
  store_unavailable: {
    status: 503,
    retryable: true,
    fault: "gateway",
    message: "A store is unavailable right now.",
  },
  provider_unavailable: {
    status: 502,
    retryable: true,
    fault: "service",
    message: "No language model provider could answer.",
  },
  not_cached: {
    status: 504,
    retryable: false,
    fault: "caller",
    message: "Only a stored answer was asked for, and there is none.",
  },
  // the hub
  unknown_message_type: {
    status: 400,
    retryable: false,
    fault: "caller",
    message: "This message type is not known here.",
  },
  not_implemented: { status: 501, retryable: false, fault: "gateway", message: "This is not offered." },
  internal: { status: 500, retryable: false, fault: "gateway", message: "Something went wrong on our side." },
} as const satisfies Record<string, ErrorCodeRow>;

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(errorCodes, value);
}
