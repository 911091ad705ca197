import { byId, element, money } from "./dom.js";

/**
 * The cart's lines, each kept while its product is in the cart: a button that is pressed again and again keeps the focus,
 * and when its line goes the focus goes to the cart and not to the top of the page.
 */
export function createCartView(change) {
  const rows = new Map();

  function addRow({ sku, name }, product) {
    const less = element("button", { type: "button", ariaLabel: `One ${name} less` }, "−");
    const more = element("button", { type: "button", ariaLabel: `One ${name} more` }, "+");
    less.addEventListener("click", () => change(product, -1));
    more.addEventListener("click", () => change(product, 1));
    const quantity = element("output", {});
    const price = element("span", {});
    const count = element("span", { className: "count" }, less, quantity, more);
    const row = { quantity, price, item: element("li", {}, element("span", {}, name), count, price) };
    byId("lines").append(row.item);
    rows.set(sku, row);
    return row;
  }

  function removeRow(sku, { item }) {
    const hadFocus = item.contains(document.activeElement);
    item.remove();
    rows.delete(sku);
    if (hadFocus) byId("cart-title").focus();
  }

  return function draw(lines) {
    for (const [sku, row] of rows) if (!lines.some((line) => line.sku === sku)) removeRow(sku, row);
    for (const line of lines) {
      const { quantity, price } = rows.get(line.sku) ?? addRow(line, line);
      quantity.textContent = String(line.quantity);
      price.textContent = money.format((line.quantity * line.priceMinor) / 100);
    }
    const total = lines.reduce((sum, line) => sum + line.quantity * line.priceMinor, 0);
    byId("total").textContent = money.format(total / 100);
    byId("empty").hidden = lines.length > 0;
    for (const id of ["checkout", "leave"]) byId(id).disabled = lines.length === 0;
  };
}
