import { createCartView } from "./cart-view.js";
import { byId } from "./dom.js";
import { logEvent } from "./event-log.js";
import { createInsight, showPrediction } from "./insight.js";
import { createMessage } from "./message.js";
import { createPeek } from "./peek.js";
import { renderShelf } from "./shelf.js";
import { endVisit, readVisit, writeVisit } from "./visit.js";

const config = await (await fetch("/demo/config.json")).json();
const visit = readVisit();
const cart = new Map(visit.lines.map((line) => [line.sku, line]));
let lastAction = performance.now();
let isLeaving = false;
let enteredPage = performance.now();

// Everything that the shop sends is kept, over a lost network and a reload, until it is acknowledged.
const cartway = globalThis.Cartway.create({ url: config.path, onState: showState });
const cartId = `cart-${cartway.sessionId}`;
const insight = createInsight(() => cartway.request("prediction_request", { sessionId: cartway.sessionId }));
const message = createMessage((whole) => keep({ message: whole }));
const drawCart = createCartView(change);
const peek = createPeek();

cartway.join(`cart:${cartway.sessionId}`, { onFrame: showPush });
renderShelf({ look, add: (product) => change(product, 1) });
if (visit.message !== null) message.show(visit.message);
draw();
void track("view_page", { page: { kind: "informational", durationMs: 0 } });
setInterval(showTime, 200);

function keep(changes) {
  Object.assign(visit, changes);
  writeVisit(visit);
}

async function track(type, fields = {}) {
  lastAction = performance.now();
  isLeaving = false;
  const isAway = ["waiting", "offline", "closed"].includes(cartway.state.connection.status);
  const line = logEvent(type, isAway);
  const context = { visitorType: "returning" };
  try {
    await cartway.send("cart_event", { type, occurredAt: new Date().toISOString(), context, ...fields });
    line.acknowledged();
    void insight.touch();
  } catch (error) {
    line.failed(error.message);
  }
}

function trackCart(type, lines) {
  const items = lines.map(({ sku, name, quantity, priceMinor }) => ({ sku, name, quantity, priceMinor }));
  void track(type, { cartId, currency: "EUR", items });
}

function look() {
  const durationMs = Math.round(performance.now() - enteredPage);
  enteredPage = performance.now();
  void track("view_product", { page: { kind: "product", durationMs: Math.min(durationMs, 600_000) } });
}

function change(product, by) {
  if (!message.isHidden) message.hide();
  const { quantity: had = 0 } = cart.get(product.sku) ?? {};
  if (had + by > 0) cart.set(product.sku, { ...product, quantity: had + by });
  else cart.delete(product.sku);
  trackCart(by > 0 ? "add_to_cart" : "remove_from_cart", [{ ...product, quantity: 1 }]);
  byId("thanks").hidden = true;
  draw();
}

function draw() {
  const lines = [...cart.values()];
  keep({ lines });
  drawCart(lines);
  if (lines.length === 0) showCheckout(false);
}

function showCheckout(isOpen) {
  byId("checkout").hidden = isOpen;
  byId("buy").hidden = !isOpen;
}

function showState({ connection, kept }) {
  const isOpen = connection.status === "open";
  const words = { open: "connected", offline: "offline", closed: "disconnected" };
  const held = isOpen || kept === 0 ? "" : `, ${kept} ${kept === 1 ? "event" : "events"} kept`;
  byId("link").classList.toggle("on", isOpen);
  byId("link-text").textContent = (words[connection.status] ?? "reconnecting") + held;
}

function showPush({ type, payload }) {
  if (type === "cart_at_risk") showPrediction(payload);
  else if (type === "recovery_message_delta") message.write(payload.text);
  else if (type === "recovery_message") message.finish(payload);
}

function showTime() {
  showIdleTime();
  const idle = byId("idle").hidden ? "" : byId("idle-text").textContent;
  peek({ isEmpty: cart.size === 0, hasMessage: !message.isHidden, idle });
}

function showIdleTime() {
  const isWaiting = config.idleMs !== null && cart.size > 0 && message.isHidden;
  byId("idle").hidden = !isWaiting;
  if (!isWaiting) return;
  const share = Math.min(1, (performance.now() - lastAction) / config.idleMs);
  byId("idle-bar").value = share;
  const leftSeconds = Math.ceil(((1 - share) * config.idleMs) / 1000);
  byId("idle-text").textContent =
    share < 1
      ? `${isLeaving ? "You have walked away" : "No action"}: Cartway looks in ${leftSeconds} s`
      : "Left behind: Cartway looks at the cart, and writes where it is likely to be lost.";
}

byId("checkout").addEventListener("click", () => {
  trackCart("start_checkout", [...cart.values()]);
  showCheckout(true);
  byId("buy").focus();
});
byId("buy").addEventListener("click", () => {
  trackCart("purchase", [...cart.values()]);
  cart.clear();
  message.hide();
  draw();
  byId("thanks").hidden = false;
  byId("again").focus();
});
byId("again").addEventListener("click", endVisit);
byId("leave").addEventListener("click", () => {
  isLeaving = true;
  lastAction = performance.now();
});
