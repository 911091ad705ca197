import { HeaderList } from "../../src/model/http/header-list.ts";
import type { Service, ServiceRequest } from "../../src/model/upstream/service.ts";

/** A GET of `/` that nobody watches and nothing ends, where not stated otherwise. */
export function serviceRequest(
  { timeouts }: Pick<Service, "timeouts">,
  stated: Partial<ServiceRequest> = {},
): ServiceRequest {
  return {
    method: "GET",
    path: "/",
    headers: new HeaderList(),
    host: null,
    body: null,
    contentLength: null,
    timeouts,
    abortable: { signal: new AbortController().signal },
    deadline: Number.POSITIVE_INFINITY,
    exchange: null,
    watcher: null,
    decisions: null,
    ...stated,
  };
}
