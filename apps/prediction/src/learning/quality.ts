/** How well probabilities match outcomes. */
export interface Quality {
  readonly rows: number;
  readonly rocAuc: number;
  readonly logLoss: number;
  readonly brier: number;
  /** Mean distance between predicted and observed frequency, over the calibration table. */
  readonly calibrationError: number;
  readonly calibration: readonly CalibrationRow[];
}

/** Sessions whose probability is in one tenth. */
export interface CalibrationRow {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly meanProbability: number;
  readonly observedShare: number;
}

/** @param labels 1 for the predicted outcome. */
export function measureQuality(probabilities: ArrayLike<number>, labels: ArrayLike<number>): Quality {
  const rows = labels.length;
  let logLoss = 0;
  let brier = 0;
  for (let row = 0; row < rows; row += 1) {
    const probability = Math.min(1 - 1e-12, Math.max(1e-12, probabilities[row] ?? 0));
    const label = labels[row] ?? 0;
    logLoss -= Math.log(label === 1 ? probability : 1 - probability);
    brier += (probability - label) ** 2;
  }
  const calibration = calibrationTable(probabilities, labels);
  const calibrationError = calibration.reduce(
    (sum, bin) => sum + (bin.rows / rows) * Math.abs(bin.meanProbability - bin.observedShare),
    0,
  );
  return {
    rows,
    rocAuc: rocAuc(probabilities, labels),
    logLoss: logLoss / rows,
    brier: brier / rows,
    calibrationError,
    calibration,
  };
}

/** Area under the ROC curve by ranks (Mann-Whitney), ties counted half; `NaN` where all labels are equal. */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = Array.from({ length: labels.length }, (_, row) => row).toSorted(
    (a, b) => (scores[a] ?? 0) - (scores[b] ?? 0),
  );
  let rankSum = 0;
  let positives = 0;
  for (let start = 0; start < order.length; ) {
    let end = start;
    let tied = 0;
    while (end < order.length && scores[order[end] ?? 0] === scores[order[start] ?? 0]) {
      tied += labels[order[end] ?? 0] ?? 0;
      end += 1;
    }
    rankSum += tied * ((start + 1 + end) / 2);
    positives += tied;
    start = end;
  }
  const negatives = order.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

function calibrationTable(probabilities: ArrayLike<number>, labels: ArrayLike<number>): CalibrationRow[] {
  const bins = Array.from({ length: 10 }, () => ({ rows: 0, said: 0, happened: 0 }));
  for (let row = 0; row < labels.length; row += 1) {
    const probability = probabilities[row] ?? 0;
    const bin = bins[Math.min(9, Math.floor(probability * 10))];
    if (bin === undefined) continue;
    bin.rows += 1;
    bin.said += probability;
    bin.happened += labels[row] ?? 0;
  }
  return bins.flatMap(({ rows, said, happened }, index) =>
    rows === 0
      ? []
      : [
          {
            from: index / 10,
            to: (index + 1) / 10,
            rows,
            meanProbability: said / rows,
            observedShare: happened / rows,
          },
        ],
  );
}
