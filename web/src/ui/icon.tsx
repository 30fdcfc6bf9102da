import type { IconName } from "./icons.ts";

declare const SPRITE: string;

/** One symbol of the sprite that build.mjs makes from the names used in the source. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" aria-hidden="true" focusable="false">
      <use href={`${SPRITE}#${name}`} />
    </svg>
  );
}
