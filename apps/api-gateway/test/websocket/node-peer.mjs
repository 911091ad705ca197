// A WebSocket server of another runtime and library (Node, ws): echoes, and follows commands in texts.
import { WebSocketServer } from "ws";

const server = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  perMessageDeflate: true,
  handleProtocols: (offered) => (offered.has("beta") ? "beta" : false),
});
server.on("listening", () => process.stdout.write(`${server.address().port}\n`));
server.on("connection", (socket, request) => {
  // in the same segment as the answer to the handshake
  socket.send(JSON.stringify({ greeting: request.url, user: request.headers["x-user-id"] ?? null }));
  socket.on("message", (data, isBinary) => {
    const text = isBinary ? "" : data.toString();
    if (text === "fragments") {
      socket.send("frag", { fin: false });
      socket.send("men", { fin: false });
      return socket.send("ted", { fin: true });
    }
    if (text === "close") return socket.close(4001, "as you like");
    if (text === "vanish") return socket.terminate();
    if (text === "ping") return socket.ping("are you there");
    socket.send(data, { binary: isBinary });
  });
  socket.on("pong", (data) => socket.send(`pong ${data}`));
  socket.on("close", (code, reason) => process.stdout.write(`closed ${code} ${reason}\n`));
});
