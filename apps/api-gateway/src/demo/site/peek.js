import { byId } from "./dom.js";

/** On a phone the cart is below the shelf: a bar tells what goes on there while it is out of sight, and leads to it. */
export function createPeek() {
  let isAway = true;
  const watch = new IntersectionObserver((entries) => {
    isAway = !entries.some(({ isIntersecting }) => isIntersecting);
  });
  for (const id of ["cart", "message"]) watch.observe(byId(id));

  return function show({ isEmpty, hasMessage, idle }) {
    byId("peek").hidden = isEmpty || !isAway;
    byId("peek").href = hasMessage ? "#message" : "#cart-title";
    byId("peek").classList.toggle("news", hasMessage);
    byId("peek-text").textContent = hasMessage ? "A message for you" : idle || "Your cart";
    byId("peek-total").textContent = byId("total").textContent;
  };
}
