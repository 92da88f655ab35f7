// What listens to the whole page, and the first focus.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && element.contains(button)) actions[button.dataset.do]?.(button);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  if (isOpen() || book.dataset.shows === "source") close();
});
if (!narrow.matches) question.focus({ preventScroll: true });
