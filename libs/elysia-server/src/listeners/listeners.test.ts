import { listenDirectly } from "./listen-directly.ts";
import { listenOnSockets } from "./listen-on-sockets.ts";
import { describeListener } from "./listener.contract.ts";

describeListener("a listener of Bun's own", listenDirectly);
describeListener("a listener on raw sockets", listenOnSockets);
