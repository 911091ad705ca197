// The least a server on `ws` can do for the same work: acknowledge each event, and send to all on request. Runs on Node.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const [port] = process.argv.slice(2);
const server = createServer((request, response) => {
  if (request.url === "/publish") {
    const text = JSON.stringify({ type: "tick", payload: { at: Date.now() } });
    for (const client of sockets.clients) client.send(text);
  }
  response.end("ok");
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket) => {
  socket.on("message", (data) => {
    const frame = JSON.parse(data.toString());
    socket.send(JSON.stringify({ type: "ack", id: frame.id }));
  });
});
server.listen(Number(port), "127.0.0.1");
