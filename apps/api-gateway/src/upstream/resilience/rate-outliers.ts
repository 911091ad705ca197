/** Indexes of the rates that lie more than so many standard deviations below the mean of all, the lowest first. */
export function rateOutliers(rates: readonly number[], deviationsMax: number): number[] {
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
  const threshold = mean - deviationsMax * Math.sqrt(variance);
  return rates
    .map((rate, index) => ({ rate, index }))
    .filter(({ rate }) => rate < threshold)
    .toSorted((a, b) => a.rate - b.rate)
    .map(({ index }) => index);
}
