/** A chart as a file. */

import type { Line } from "./types";

export function download(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name.replaceAll(/[^\w.\- ]+/g, "_");
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const MARGIN = 16;

/** The picture of a chart with its title, and its lines' names where there are several. */
export function picture(box: HTMLElement, title: string, lines: readonly Line[]): Promise<Blob> {
  const drawn = box.querySelector("canvas");
  if (!drawn) throw new Error("The chart is not drawn yet.");
  const ratio = drawn.width / Math.max(1, drawn.clientWidth);
  const names = lines.length > 1 ? lines.slice(0, 50) : [];
  const made = document.createElement("canvas");
  const style = getComputedStyle(document.documentElement);
  made.width = drawn.width + 2 * MARGIN * ratio;
  made.height = drawn.height + (2 * MARGIN + 24 + names.length * 16) * ratio;
  const context = made.getContext("2d");
  if (!context) throw new Error("The browser draws no pictures.");
  context.fillStyle = style.getPropertyValue("--surface");
  context.fillRect(0, 0, made.width, made.height);
  context.drawImage(drawn, MARGIN * ratio, (MARGIN + 24) * ratio);
  context.scale(ratio, ratio);
  context.fillStyle = style.getPropertyValue("--fg");
  context.font = `600 14px ${getComputedStyle(document.body).fontFamily}`;
  context.fillText(title, MARGIN, MARGIN + 8, made.width / ratio - 2 * MARGIN);
  context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  names.forEach((line, place) => legend(context, line, made.height / ratio - MARGIN - (names.length - 1 - place) * 16));
  return new Promise((resolve, reject) => {
    made.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be written."))), "image/png");
  });
}

function legend(context: CanvasRenderingContext2D, line: Line, down: number): void {
  context.strokeStyle = line.stroke.color;
  context.lineWidth = 2;
  context.setLineDash([...line.stroke.dash]);
  context.beginPath();
  context.moveTo(MARGIN, down - 4);
  context.lineTo(MARGIN + 28, down - 4);
  context.stroke();
  context.fillText(line.label, MARGIN + 36, down);
}
