/**
 * Parts of the interface that are files of their own, fetched when they are first needed.
 *
 * `lazy` and `Suspense` would do, but React holds back for 300 ms what arrives soon after a placeholder was shown.
 */

import { type ComponentType, type ReactNode, useEffect, useState } from "react";

export interface Part<Props> {
  /** The part, and something in its place until it is there. */
  Shown: ComponentType<Props>;
  /** Fetch it now; it may be needed soon. What fails is tried again when it is. */
  prepare: () => Promise<unknown>;
}

type Load<Props> = () => Promise<{ default: ComponentType<Props> }>;

export function later<Props extends object>(load: Load<Props>, meanwhile: (props: Props) => ReactNode): Part<Props> {
  let found: ComponentType<Props> | null = null;
  const prepare = async () => (found ??= (await load()).default);
  function Shown(props: Props) {
    const [Fetched, setFetched] = useState(() => {
      prepare().catch(() => undefined); // at once, as `lazy` does; the effect below says what became of it
      return found;
    });
    const [failure, setFailure] = useState<unknown>(null);
    useEffect(() => {
      if (Fetched) return undefined;
      let left = false;
      prepare().then(
        (part) => left || setFetched(() => part),
        (error: unknown) => left || setFailure(error),
      );
      return () => {
        left = true;
      };
    }, [Fetched]);
    if (failure !== null) throw failure; // to whoever guards the page
    return Fetched ? <Fetched {...props} /> : meanwhile(props);
  }
  return { Shown, prepare };
}
