// Keys that are pressed within a letter's frame never come here: it is of no origin and runs nothing. So who clicked into a letter lends it the
// focus only while the pointer is in it; then the keys of the app work again. Copying still means what was marked in the letter.
let lent: HTMLIFrameElement | null = null;
let byKeyboard = false;

addEventListener(
  "keydown",
  (event) => {
    byKeyboard = event.key === "Tab";
    if (!lent) return;
    const frame = lent;
    lent = null;
    const isControl = event.key === "Control" || event.key === "Meta";
    if (!isControl || !frame.isConnected || !getSelection()?.isCollapsed) return;
    frame.focus({ preventScroll: true });
    setTimeout(() => giveBack(frame), 1500);
  },
  { capture: true },
);
addEventListener("pointerdown", () => {
  byKeyboard = false;
  lent = null;
});
// A frame that was reached by Tab is never focus-visible to the style sheet, which has to be told.
addEventListener("blur", () =>
  setTimeout(() => {
    const frame = document.activeElement;
    if (frame instanceof HTMLIFrameElement && byKeyboard) frame.dataset.focused = "";
  }),
);
addEventListener("focus", () => {
  for (const frame of document.querySelectorAll<HTMLElement>("iframe[data-focused]")) delete frame.dataset.focused;
});
// The pointer is here and not in the frame. Who came by Tab leaves by Tab.
addEventListener("pointermove", ({ target, buttons, pointerType }) => {
  if (pointerType !== "mouse") return;
  const frame = document.activeElement;
  if (frame instanceof HTMLIFrameElement && target !== frame && !buttons && !byKeyboard) giveBack(frame);
});

function giveBack(frame: HTMLIFrameElement): void {
  if (document.activeElement !== frame) return;
  frame.closest<HTMLElement>("article")?.focus({ preventScroll: true });
  lent = frame;
}
