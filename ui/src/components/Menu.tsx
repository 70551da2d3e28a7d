/** Lists of actions and panels beside a button. What shows them is much code: it is fetched when the button is pressed, or about to be. */

import { type ButtonHTMLAttributes, cloneElement, createContext, type KeyboardEvent, type ReactElement, type ReactNode, use, useState } from "react";

import { later, type Part } from "../lib/later";

interface Triggered {
  /** The button. */
  trigger: ReactElement<ButtonHTMLAttributes<HTMLButtonElement>>;
  children: ReactNode;
}

export type MenuProps = Triggered;

export interface PopoverProps extends Triggered {
  label: string;
}

export interface ItemProps {
  onSelect: () => void;
  disabled?: boolean;
  danger?: boolean;
  children: ReactNode;
}

const opened = () => import("./MenuOpened");
const menu = later(async () => ({ default: (await opened()).MenuOpened }), triggerOf);
const popover = later(async () => ({ default: (await opened()).PopoverOpened }), triggerOf);

/** How an action is drawn, told by the menu around it. */
export const Item = createContext<(props: ItemProps) => ReactNode>(() => null);

/** A button's list of actions. */
export function Menu(props: MenuProps) {
  return <Closed part={menu} opens="menu" props={props} />;
}

export function MenuItem(props: ItemProps) {
  return use(Item)(props);
}

/** A panel beside a button, for settings and pickers. */
export function Popover(props: PopoverProps) {
  return <Closed part={popover} opens="dialog" props={props} />;
}

/** The button alone until it is pressed for the first time. */
function Closed<Props extends Triggered>({ part, opens, props }: { part: Part<Props>; opens: "menu" | "dialog"; props: Props }) {
  const [pressed, setPressed] = useState(false);
  if (pressed) return <part.Shown {...props} />;
  const prepare = () => void part.prepare().catch(() => undefined); // tried again when it is pressed
  const press = () => setPressed(true);
  const onKeyDown = (event: KeyboardEvent) => {
    if (opens !== "menu" || event.key !== "ArrowDown") return;
    event.preventDefault();
    press();
  };
  return cloneElement(props.trigger, { "aria-haspopup": opens, "aria-expanded": false, onPointerEnter: prepare, onFocus: prepare, onClick: press, onKeyDown });
}

function triggerOf({ trigger }: Triggered): ReactNode {
  return trigger;
}
