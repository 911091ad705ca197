import type { Offer } from "./offer.ts";

/** What a text promises that the offer does not hold, in words for the log; `null` where it keeps to it. */
export function findForbiddenPromise(text: string, offer: Offer, allowed: AllowedFigures): string | null {
  return (
    forbiddenPercent(text, offer) ??
    forbiddenAmount(text, allowed) ??
    forbiddenWords(text, offer) ??
    forbiddenCode(text, offer, allowed)
  );
}

/** Figures that may stand in a text because the cart holds them. */
export interface AllowedFigures {
  /** Amounts in major units: prices, the value of the cart, the discount. */
  readonly amounts: readonly number[];
  /** The shop's own words: names and article numbers. */
  readonly words: readonly string[];
}

const percentPattern =
  /(\d+(?:[.,]\d+)?)\s*(?:%|％|percent|prozent|pour ?cent|por ciento|procent|per cent|pct\b)/giu;
const wordPercent =
  /\b(five|ten|fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|fünf|zehn|zwanzig|dreißig|vierzig|fünfzig|hundert|cinq|dix|vingt|trente|cinquante|cent|cinco|diez|veinte|treinta|cincuenta|cien|vijf|tien|twintig|dertig|vijftig|honderd)\s+(?:percent|per cent|prozent|pour ?cent|por ciento|procent)/iu;

function forbiddenPercent(text: string, { percentOff }: Offer): string | null {
  if (wordPercent.test(text)) return "a percentage in words";
  for (const [whole, figure = ""] of text.matchAll(percentPattern)) {
    if (Number(figure.replace(",", ".")) !== percentOff)
      return `${whole.trim()} where ${percentOff} % is offered`;
  }
  return null;
}

const figure = String.raw`\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?`;
const currencies = "EUR|USD|GBP|CHF|SEK|DKK|NOK|PLN|JPY|CAD|AUD";
const amountPattern = new RegExp(
  String.raw`(?:[€$£¥]|\b(?:${currencies})\b)\s*(${figure})|(${figure})\s*(?:[€$£¥]|\b(?:${currencies}|euros?|dollars?|pounds?|kronor|francs?|yen)\b)`,
  "giu",
);

function forbiddenAmount(text: string, { amounts }: AllowedFigures): string | null {
  for (const [whole, before, after] of text.matchAll(amountPattern)) {
    const value = readAmount(before ?? after ?? "");
    if (!amounts.some((amount) => Math.abs(amount - value) < 0.005)) return `the amount ${whole.trim()}`;
  }
  return null;
}

/** `1.234,50`, `1,234.50` and `1 234.50` are the same: the last sign with one or two digits after it parts the cents. */
function readAmount(text: string): number {
  const digits = text.trim().replace(/[.,' ]+$/, "");
  const cents = /[.,](\d{1,2})$/.exec(digits);
  const whole = (cents === null ? digits : digits.slice(0, -cents[0].length)).replaceAll(/[^\d]/g, "");
  return Number(`${whole}.${cents?.[1] ?? "0"}`);
}

const freeShipping =
  /free (?:shipping|delivery|returns?)|ship(?:ping|s)? (?:is |for )?free|kostenlose[rn]? (?:versand|lieferung)|versandkostenfrei|gratis ?(?:versand|lieferung|verzending|bezorging|envío)|gratuit[es]*|envío gratis|livraison (?:offerte|gratuite)/iu;
const otherPromises =
  /half[ -]price|\b(?:for|is|get it) free\b|free (?:gift|sample|item|product)|buy one|2 for 1|two for one|zum halben preis|halbe[rn]? preis|moitié prix|mitad de precio|geschenk|cadeau|regalo|cashback|refund|money back|guarantee|garant/iu;
const discountWords =
  /\b(?:discount|rebate|voucher|coupon|\d+ off|rabatt|gutschein|nachlass|remise|réduction|bon de|descuento|rebaja|cupón|korting|kortingsbon)\b/iu;

function forbiddenWords(text: string, offer: Offer): string | null {
  if (!offer.freeShipping && freeShipping.test(text)) return "free shipping";
  const other = otherPromises.exec(text)?.[0];
  if (other !== undefined) return other;
  const hasDiscount = offer.percentOff > 0 || offer.amountOffMinor > 0;
  const discount = discountWords.exec(text)?.[0];
  return !hasDiscount && discount !== undefined ? discount : null;
}

/** A run of capitals and digits that is neither the offer's code nor one of the shop's words. */
function forbiddenCode(text: string, { code }: Offer, { words }: AllowedFigures): string | null {
  for (const [candidate] of text.matchAll(
    /\b(?=[A-Z0-9_-]*\d)(?=[A-Z0-9_-]*[A-Z])[A-Z0-9][A-Z0-9_-]{3,}\b/g,
  )) {
    if (candidate !== code && !words.some((word) => word.includes(candidate))) return `the code ${candidate}`;
  }
  return null;
}
