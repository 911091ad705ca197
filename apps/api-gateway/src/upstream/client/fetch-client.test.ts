import { createFetchClient } from "./fetch-client.ts";
import { describeUpstreamClient } from "./upstream-client.contract.ts";

describeUpstreamClient("the client on fetch", createFetchClient);
