import { serveBuns, serveOwn } from "../../test/websocket/serve-sockets.ts";
import { describeHandlerFailures } from "./handler-failures.contract.ts";
import { describeServerSockets } from "./server-sockets.contract.ts";

describeServerSockets("sockets on a raw listener", serveOwn);
describeServerSockets("the sockets of Bun.serve", serveBuns);

describeHandlerFailures("a handler that fails on a raw listener", serveOwn);
describeHandlerFailures("a handler that fails on Bun.serve", serveBuns);
