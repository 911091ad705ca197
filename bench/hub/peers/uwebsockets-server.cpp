// The least a server on uWebSockets (C++) can do for the same work: acknowledge each event by its id, and publish to all on
// request. Nothing is parsed: the id stands where the bench's client writes it.
#include <string>
#include <string_view>
#include "App.h"

struct Client {};

static std::string_view idOf(std::string_view frame) {
  constexpr std::string_view mark = "\"id\":\"";
  const auto start = frame.find(mark);
  if (start == std::string_view::npos) return {};
  const auto from = start + mark.size();
  return frame.substr(from, frame.find('"', from) - from);
}

int main(int, char **arguments) {
  uWS::App app;
  app.ws<Client>("/ws", {
                            .maxPayloadLength = 64 * 1024,
                            .idleTimeout = 120,
                            .open = [](auto *socket) { socket->subscribe("all"); },
                            .message =
                                [](auto *socket, std::string_view frame, uWS::OpCode) {
                                  const std::string id(idOf(frame));
                                  socket->send("{\"type\":\"ack\",\"id\":\"" + id + "\"}", uWS::OpCode::TEXT);
                                },
                        });
  app.get("/publish", [&app](auto *response, auto *) {
    app.publish("all", "{\"type\":\"tick\",\"payload\":{\"at\":1}}", uWS::OpCode::TEXT);
    response->end("ok");
  });
  app.get("/healthz", [](auto *response, auto *) { response->end("ok"); });
  app.listen("127.0.0.1", std::stoi(arguments[1]), [](auto *) {}).run();
}
