/** A count of a service's answers, and how many of them were bad. */
export interface Share {
  readonly bad: number;
  readonly all: number;
}

/** False positive rate, as one in so many canaries, over any number of evaluations. */
const falseAlarms = 1000;

/** The difference of two shares, small or large, that the test detects fastest. */
const effects = [0.05, 0.25];

/**
 * Whether the canary's share is certainly more than `margin` above the other one; false also while uncertain. A mixture sequential
 * probability ratio test (Johari, Pekelis, Walsh: Always Valid Inference, 2015), which stays valid when evaluated after every answer,
 * unlike a fixed-sample test.
 */
export function isWorse(canary: Share, own: Share, margin: number): boolean {
  if (canary.all === 0 || own.all === 0) return false;
  const difference = canary.bad / canary.all - own.bad / own.all - margin;
  if (difference <= 0) return false;
  const variance = varianceOf(canary) + varianceOf(own);
  // as logarithms: the ratios themselves would soon overflow
  const ratios = effects.map((effect) => ratioFor(effect, difference, variance));
  const largest = Math.max(...ratios);
  const sum = ratios.reduce((all, ratio) => all + Math.exp(ratio - largest), 0);
  return largest + Math.log(sum / effects.length) >= Math.log(falseAlarms);
}

function ratioFor(effect: number, difference: number, variance: number): number {
  const spread = variance + effect ** 2;
  return 0.5 * Math.log(variance / spread) + (effect * difference) ** 2 / (2 * variance * spread);
}

/** Variance of a share's estimate, with one added observation of each kind, so that unseen outcomes are not taken for impossible. */
function varianceOf({ bad, all }: Share): number {
  const share = (bad + 1) / (all + 2);
  return (share * (1 - share)) / (all + 2);
}
