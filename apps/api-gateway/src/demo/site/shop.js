import { pictures, products } from "./products.js";
import { HubSocket } from "./socket.js";

const $ = (id) => document.getElementById(id);
const money = new Intl.NumberFormat("en", { style: "currency", currency: "EUR" });
const sessionId = crypto.randomUUID();
const cartId = `cart-${sessionId}`;
const cart = new Map();
const config = await (await fetch("/demo/config.json")).json();
let lastAction = performance.now();
let isLeaving = false;
let enteredPage = performance.now();

const hub = new HubSocket(`${location.origin.replace(/^http/, "ws")}${config.path}`, {
  state: showLink,
  answer: showAnswer,
  push: showPush,
});

draw();
renderProducts();
// The room of this session exists with its first event.
track("view_page", { page: { kind: "informational", durationMs: 0 } });
setInterval(tick, 200);

function track(type, fields = {}) {
  lastAction = performance.now();
  isLeaving = false;
  const event = {
    id: crypto.randomUUID(),
    type,
    sessionId,
    occurredAt: new Date().toISOString(),
    context: { visitorType: "returning" },
    ...fields,
  };
  hub.send(
    { type: "cart_event", id: event.id, sessionId, payload: event },
    { kind: "event", type, at: performance.now(), line: logEvent(type) },
  );
}

function trackCart(type, items) {
  track(type, {
    cartId,
    currency: "EUR",
    items: items.map(({ sku, name, quantity, priceMinor }) => ({ sku, name, quantity, priceMinor })),
  });
}

function askPrediction() {
  const id = crypto.randomUUID();
  hub.send({ type: "prediction_request", id, sessionId, payload: { sessionId } }, { kind: "prediction" });
}

let joined = false;
function joinRoom() {
  hub.send(
    { type: "join_room", id: crypto.randomUUID(), sessionId, payload: { room: `cart:${sessionId}` } },
    { kind: "join" },
  );
}

function showLink(isOpen) {
  $("link").classList.toggle("on", isOpen);
  $("link").lastElementChild.textContent = isOpen ? "connected" : "reconnecting";
  joined = false;
  if (isOpen && $("events").childElementCount > 0) joinRoom();
}

function showAnswer(frame, sent) {
  if (sent.kind === "event") {
    const [, state] = sent.line.children;
    const isAcked = frame.type === "ack";
    sent.line.className = isAcked ? "acked" : "failed";
    state.textContent = isAcked
      ? `on disk, ${Math.round(performance.now() - sent.at)} ms`
      : frame.error.message;
    if (!joined) joinRoom();
    askPrediction();
  } else if (sent.kind === "prediction" && frame.type === "prediction") showPrediction(frame.payload);
  else if (sent.kind === "join") joined = frame.type !== "error";
}

function showPush({ type, payload }) {
  if (type === "cart_at_risk") showPrediction(payload);
  else if (type === "recovery_message_delta") {
    $("message").hidden = false;
    if ($("message-note").textContent !== "") clearMessage();
    $("message-body").textContent += payload.text;
  } else if (type === "recovery_message") {
    $("message").hidden = false;
    $("message-subject").textContent = payload.subject;
    $("message-body").textContent = payload.body;
    $("message-note").textContent =
      payload.provider === "template"
        ? "Written from a template: no language model is configured."
        : `Written by ${payload.provider}.`;
  }
}

function clearMessage() {
  $("message-subject").textContent = "A message for you";
  $("message-body").textContent = "";
  $("message-note").textContent = "";
}

function showPrediction({ probability, reasons }) {
  const percent = Math.round(probability * 100);
  $("probability").textContent = `${percent} %`;
  $("gauge").setAttribute("stroke-dasharray", `${percent} 100`);
  $("reasons").replaceChildren(
    ...reasons.map(({ feature, effect }) => {
      const points = Math.round(effect * 1000) / 10;
      return element(
        "li",
        { className: effect > 0 ? "up" : "down" },
        element("span", {}, feature),
        element("b", {}, `${points > 0 ? "+" : ""}${points}`),
      );
    }),
  );
}

function logEvent(type) {
  const line = element("li", {}, element("span", {}, type), element("span", {}, "sent"));
  $("events").prepend(line);
  while ($("events").childElementCount > 40) $("events").lastElementChild.remove();
  return line;
}

function renderProducts() {
  $("products").replaceChildren(
    ...products.map((product) => {
      const picture = element("div", { className: "picture" });
      picture.append(svg(pictures[product.picture]));
      const add = element("button", { className: "primary", ariaLabel: `Add ${product.name}` }, "Add");
      add.addEventListener("click", () => change(product, 1));
      const item = element(
        "li",
        { className: "product", tabIndex: -1 },
        picture,
        element("span", { className: "name" }, product.name),
      );
      item.append(
        element(
          "div",
          { className: "row" },
          element("span", {}, money.format(product.priceMinor / 100)),
          add,
        ),
      );
      picture.addEventListener("click", () => lookAt());
      item.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && scheduleLook(item));
      return item;
    }),
  );
}

let lookTimer;
function scheduleLook(item) {
  clearTimeout(lookTimer);
  lookTimer = setTimeout(() => item.matches(":hover") && lookAt(), 1200);
}

function lookAt() {
  const durationMs = Math.round(performance.now() - enteredPage);
  enteredPage = performance.now();
  track("view_product", { page: { kind: "product", durationMs: Math.min(durationMs, 600_000) } });
}

function change(product, by) {
  if ($("message-note").textContent !== "") $("message").hidden = true;
  const line = cart.get(product.sku) ?? { ...product, quantity: 0 };
  const quantity = line.quantity + by;
  if (quantity > 0) cart.set(product.sku, { ...line, quantity });
  else cart.delete(product.sku);
  trackCart(by > 0 ? "add_to_cart" : "remove_from_cart", [{ ...product, quantity: 1 }]);
  draw();
}

function draw() {
  const lines = [...cart.values()];
  $("lines").replaceChildren(
    ...lines.map((line) => {
      const less = element("button", { ariaLabel: `One ${line.name} less` }, "−");
      const more = element("button", { ariaLabel: `One ${line.name} more` }, "+");
      less.addEventListener("click", () => change(line, -1));
      more.addEventListener("click", () => change(line, 1));
      const count = element("span", { className: "count" }, less, String(line.quantity), more);
      return element(
        "li",
        {},
        element("span", {}, line.name),
        count,
        element("span", {}, money.format((line.quantity * line.priceMinor) / 100)),
      );
    }),
  );
  const total = lines.reduce((sum, line) => sum + line.quantity * line.priceMinor, 0);
  $("total").textContent = money.format(total / 100);
  $("empty").hidden = lines.length > 0;
  for (const id of ["checkout", "leave"]) $(id).disabled = lines.length === 0;
  if (lines.length === 0) showCheckout(false);
}

function showCheckout(isOpen) {
  $("checkout").hidden = isOpen;
  $("buy").hidden = !isOpen;
}

$("checkout").addEventListener("click", () => {
  trackCart("start_checkout", [...cart.values()]);
  showCheckout(true);
});
$("buy").addEventListener("click", () => {
  trackCart("purchase", [...cart.values()]);
  cart.clear();
  $("message").hidden = true;
  draw();
});
$("leave").addEventListener("click", () => {
  isLeaving = true;
  lastAction = performance.now();
});

function tick() {
  const isWaiting = config.idleMs !== null && cart.size > 0 && $("message").hidden;
  $("idle").hidden = !isWaiting;
  if (!isWaiting) return;
  const share = Math.min(1, (performance.now() - lastAction) / config.idleMs);
  $("idle-bar").value = share;
  const leftSeconds = Math.ceil(((1 - share) * config.idleMs) / 1000);
  $("idle-text").textContent =
    share < 1
      ? `${isLeaving ? "You have walked away" : "No action"}: looked at in ${leftSeconds} s`
      : "Left behind: Cartway is writing …";
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function svg(shapes) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 100 100");
  picture.setAttribute("aria-hidden", "true");
  for (const [name, attributes] of shapes) {
    const shape = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
    picture.append(shape);
  }
  return picture;
}
