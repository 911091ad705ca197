import { byId, element } from "./dom.js";

const linesMax = 40;
const words = {
  view_page: "came to the shop",
  view_product: "looked at a product",
  add_to_cart: "added to the cart",
  remove_from_cart: "took out of the cart",
  start_checkout: "went to the checkout",
  purchase: "paid",
};

/** Shows an event from the moment it is sent. Returns what is told how it went. */
export function logEvent(type, isAway) {
  const state = element("span", {}, isAway ? "kept until the network is back" : "sent");
  const line = element("li", { className: isAway ? "kept" : "" }, element("span", {}, words[type]), state);
  line.dataset.type = type;
  const sentAt = performance.now();
  byId("events").prepend(line);
  while (byId("events").childElementCount > linesMax) byId("events").lastElementChild.remove();
  return {
    acknowledged() {
      const ms = Math.round(performance.now() - sentAt);
      state.textContent = isAway ? "on disk, after a while offline" : `on disk, ${ms} ms`;
      line.className = "acked";
    },
    failed(message) {
      line.className = "failed";
      state.textContent = message;
    },
  };
}
