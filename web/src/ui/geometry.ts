// Where the rows of the list are. Pure. Browsers draw no element higher than some 30 million pixels: longer lists scroll faster than their
// rows are high.
export const TALLEST = 15_000_000;

/** The row at the top of the window when the list is scrolled so far. */
export function firstRow(scrolled: number, window: number, rows: number, height: number): number {
  if (rows * height <= TALLEST) return Math.floor(scrolled / height);
  const share = scrolled / Math.max(1, TALLEST - window);
  return Math.round(Math.min(1, share) * Math.max(0, rows - window / height));
}

/** How far to scroll, as little as may be, so that a row is whole in the window. */
export function scrollFor(row: number, scrolled: number, window: number, rows: number, height: number): number {
  if (rows * height <= TALLEST) {
    if (row * height < scrolled) return row * height;
    return Math.max(scrolled, (row + 1) * height - window);
  }
  const top = firstRow(scrolled, window, rows, height);
  const whole = Math.floor(window / height);
  if (row >= top && row < top + whole) return scrolled;
  const wanted = row < top ? row : row - whole + 1;
  return Math.ceil((wanted / Math.max(1, rows - window / height)) * (TALLEST - window));
}
