// What listens to the whole page, the first focus and the link that was followed.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && element.contains(button)) actions[button.dataset.do]?.(button);
});
if (!narrow.matches) question.focus({ preventScroll: true });
follow();
