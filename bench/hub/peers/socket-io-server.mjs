// The same work on Socket.IO, with its own acknowledgements and a room. Runs on Node.
import { createServer } from "node:http";
import { Server } from "socket.io";

const [port] = process.argv.slice(2);
const server = createServer((request, response) => {
  if (request.url === "/publish") io.to("all").emit("tick", { at: Date.now() });
  if (!request.url?.startsWith("/socket.io")) response.end("ok");
});
const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false });
io.on("connection", (socket) => {
  void socket.join("all");
  socket.on("cart_event", (_frame, acknowledge) => acknowledge({ ok: true }));
});
server.listen(Number(port), "127.0.0.1");
