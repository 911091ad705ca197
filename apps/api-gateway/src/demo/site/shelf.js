import { byId, element, money, svg } from "./dom.js";
import { pictures, products } from "./products.js";

const lingerMs = 1200;

/** The products: a look by a press on the picture or by a pointer that lingers, a purchase by the button. */
export function renderShelf({ look, add }) {
  byId("products").replaceChildren(...products.map((product) => renderProduct(product, { look, add })));
}

function renderProduct(product, { look, add }) {
  const { name, picture, priceMinor } = product;
  const view = element("button", { type: "button", className: "picture", ariaLabel: `Look at ${name}` });
  view.append(svg(pictures[picture]));
  view.addEventListener("click", () => look());
  const button = element("button", { type: "button", className: "primary", ariaLabel: `Add ${name}` }, "Add");
  button.addEventListener("click", () => add(product));
  const price = element("span", {}, money.format(priceMinor / 100));
  const item = element(
    "li",
    { className: "product" },
    view,
    element("h2", { className: "name" }, name),
    element("div", { className: "row" }, price, button),
  );
  let timer;
  item.addEventListener("pointerenter", ({ pointerType }) => {
    if (pointerType === "mouse") timer = setTimeout(() => look(), lingerMs);
  });
  item.addEventListener("pointerleave", () => clearTimeout(timer));
  return item;
}
