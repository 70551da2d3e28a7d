/** What stands beside a button that was pressed. */

import { DropdownMenu, Popover as RadixPopover } from "radix-ui";

import { Item, type ItemProps, type MenuProps, type PopoverProps } from "./Menu";

const PANEL = "z-40 rounded-md border border-line bg-raised shadow-lg";

export function MenuOpened({ trigger, children }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false} defaultOpen>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={4} className={`${PANEL} min-w-44 p-1`}>
          <Item value={itemOpened}>{children}</Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function itemOpened({ onSelect, disabled = false, danger = false, children }: ItemProps) {
  return (
    <DropdownMenu.Item
      disabled={disabled}
      onSelect={onSelect}
      className={`cursor-pointer rounded px-2 py-1.5 outline-none data-[disabled]:opacity-50 data-[highlighted]:bg-sunken ${danger ? "text-bad" : ""}`}
    >
      {children}
    </DropdownMenu.Item>
  );
}

export function PopoverOpened({ trigger, label, children }: PopoverProps) {
  return (
    <RadixPopover.Root defaultOpen>
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content aria-label={label} align="end" sideOffset={4} className={`${PANEL} max-h-[70vh] overflow-auto p-3`}>
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}
