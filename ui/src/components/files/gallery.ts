/** Folders of images: which they are, and the steps in their names. */

import type { FileInfo } from "../../wire/types";
import { baseName } from "./store";

const IMAGE = /\.(png|jpe?g|gif|webp|bmp|svg)$/i;
const DRAWN = /\.svg$/i;

export function isImage(path: string): boolean {
  return IMAGE.test(path);
}

/** Whether the server makes a small copy of it. */
export function hasThumbnail(path: string): boolean {
  return isImage(path) && !DRAWN.test(path);
}

/** Images whose names differ only in one number: "confusion_step_10.png", "confusion_step_20.png". */
export interface Series {
  name: string;
  steps: readonly { step: number; file: FileInfo }[];
}

const NUMBER = /\d+/g;

/** The series among images, and the images of none. One number must change and nothing else; two images are enough. */
export function seriesOf(files: readonly FileInfo[]): { series: Series[]; others: FileInfo[] } {
  const groups = new Map<string, { step: number; file: FileInfo }[]>();
  for (const file of files) {
    const name = baseName(file.path);
    const stem = name.replace(IMAGE, "");
    const last = [...stem.matchAll(NUMBER)].at(-1);
    if (last === undefined) continue;
    const key = `${name.slice(0, last.index)}#${name.slice(last.index + last[0].length)}`;
    const group = groups.get(key) ?? [];
    group.push({ step: Number(last[0]), file });
    groups.set(key, group);
  }
  const series: Series[] = [];
  const taken = new Set<string>();
  for (const [name, found] of groups) {
    if (found.length < 2) continue;
    found.sort((a, b) => a.step - b.step);
    series.push({ name, steps: found });
    for (const each of found) taken.add(each.file.path);
  }
  return { series, others: files.filter((file) => !taken.has(file.path)) };
}
