/** An amount in the currency's minor unit, formatted for that language: `19,99 €`. */
export function formatMoney(amountMinor: number, currency: string, language: string): string {
  const format = new Intl.NumberFormat(language, { style: "currency", currency });
  return format.format(amountMinor / 10 ** minorDigits(currency));
}

/** Digits after the point: 2 for euros, 0 for yen. */
export function minorDigits(currency: string): number {
  return (
    new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2
  );
}
