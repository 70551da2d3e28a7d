/** Colours of numbers: lightness goes evenly from one end to the other, so that they are also told apart without hues. */

const LIGHT = { from: 0.32, to: 0.66, last: 65 };
const DARK = { from: 0.52, to: 0.92, last: 95 };

/** The colour at a share from 0 to 1 of a range. */
export function shade(share: number, dark: boolean): string {
  const at = Math.min(1, Math.max(0, share));
  const { from, to, last } = dark ? DARK : LIGHT;
  const chroma = 0.09 + 0.06 * (2 * at - 1) ** 2;
  return `oklch(${(from + (to - from) * at).toFixed(3)} ${chroma.toFixed(3)} ${(290 + (last - 290) * at).toFixed(1)})`;
}

/** The whole range as a background. */
export function ramp(dark: boolean): string {
  return `linear-gradient(to right, ${Array.from({ length: 9 }, (_, step) => shade(step / 8, dark)).join(", ")})`;
}

/** A colour of the page, for those who draw by themselves. */
export function pageColor(name: "fg" | "muted" | "line" | "strong" | "surface" | "accent" | "sunken"): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
