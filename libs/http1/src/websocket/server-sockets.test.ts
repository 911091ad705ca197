import { serveBuns, serveOwn } from "../../test/websocket/serve-sockets.ts";
import { describeServerSockets } from "./server-sockets.contract.ts";

describeServerSockets("sockets on a raw listener", serveOwn);
describeServerSockets("the sockets of Bun.serve", serveBuns);
