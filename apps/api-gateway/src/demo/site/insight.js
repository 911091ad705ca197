import { byId, element } from "./dom.js";

/** The probability as a gauge, and what moved it in points, strongest first. */
export function showPrediction({ probability, reasons }) {
  const percent = Math.round(probability * 100);
  byId("probability").textContent = `${percent} %`;
  byId("gauge").setAttribute("stroke-dasharray", `${percent} 100`);
  byId("meter").setAttribute("aria-valuenow", String(percent));
  const strongest = Math.max(...reasons.map(({ effect }) => Math.abs(effect)), 0.01);
  byId("reasons").replaceChildren(...reasons.map((reason) => renderReason(reason, strongest)));
}

function renderReason({ feature, effect }, strongest) {
  const points = Math.abs(Math.round(effect * 1000) / 10);
  const bar = element("i", { ariaHidden: "true" });
  bar.style.setProperty("--share", String(Math.abs(effect) / strongest));
  const amount = element("b", {}, `${effect > 0 ? "+" : "−"}${points}`);
  amount.setAttribute("aria-label", `${points} points ${effect > 0 ? "likelier" : "less likely"} to leave`);
  return element("li", { className: effect > 0 ? "up" : "down" }, element("span", {}, feature), amount, bar);
}

/** Asks again whenever `touch` was called, one question at a time. */
export function createInsight(ask) {
  let isAsking = false;
  let isStale = false;
  async function touch() {
    isStale = true;
    if (isAsking) return;
    isAsking = true;
    while (isStale) {
      isStale = false;
      // a question without an answer in time is asked again with the next event
      await ask().then(showPrediction, () => undefined);
    }
    isAsking = false;
  }
  return { touch };
}
