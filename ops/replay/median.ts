/** To three decimals; of an even number the greater of the two in the middle, and of none null. */
export function median(values: readonly number[]): number | null {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  return middle === undefined ? null : Math.round(middle * 1000) / 1000;
}
