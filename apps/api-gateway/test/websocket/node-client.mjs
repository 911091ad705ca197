// A WebSocket client of another runtime and library (Node, ws), offering what gateways trip over: compression, fragments.
import { WebSocket } from "ws";

const socket = new WebSocket(process.argv[2], ["alpha", "beta"], { perMessageDeflate: true });
const say = (name, value) => process.stdout.write(`${JSON.stringify({ [name]: value })}\n`);
socket.on("open", () => {
  say("open", { protocol: socket.protocol, extensions: socket.extensions });
  socket.send("one ", { fin: false });
  socket.send("two", { fin: true });
  socket.send(Buffer.alloc(1_500_000, 7));
  socket.ping("hello");
});
socket.on("pong", (data) => say("pong", data.toString()));
socket.on("message", (data, isBinary) => {
  say(
    "message",
    isBinary ? { bytes: data.length, sum: data.reduce((sum, byte) => sum + byte, 0) } : data.toString(),
  );
  if (isBinary) socket.close(4002, "enough");
});
socket.on("close", (code, reason) => say("close", { code, reason: reason.toString() }));
socket.on("error", (error) => say("error", error.message));
