// The keyboard: arrows move through citations, Escape goes back one step.
//   in the empty question field   Up: the first citation of the last answer
//   on a citation                 arrows: the next or previous one; Enter opens it
//   in a source                   Left, Right: the previous or next citation's source
//   Escape                        source → its citation → the question; wide documents → the question
const STEPS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

function arrow(event) {
  const by = STEPS[event.key], at = event.target;
  if (at === question) return by < 0 && event.key === "ArrowUp" && !question.value && toLastChip();
  if (at.matches("input, textarea, select, .cw-light-table")) return false;
  if (at.matches(".cw-chip")) return toChip(at, by);
  const sideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
  if (!sideways || book.dataset.shows !== "source" || !source.contains(at)) return false;
  step(by);
  return true;
}

function toLastChip() {
  const last = turns.lastElementChild?.querySelector(".cw-chip");
  last?.focus();
  return Boolean(last);
}

// Moves to a neighbour among all citations; where a source is open, it follows.
function toChip(chip, by) {
  const all = [...turns.querySelectorAll(".cw-chip")];
  const to = all[all.indexOf(chip) + by];
  if (!to) return true;
  to.focus();
  if (book.dataset.shows === "source" && !narrow.matches) open(to, { focus: false });
  return true;
}

function escape() {
  if (isWide()) {
    widen(false);
    question.focus();
  } else if (isOpen() || book.dataset.shows === "source") close();
  else if (document.activeElement?.closest(".cw-turn")) question.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape" && !event.defaultPrevented) escape();
  else if (event.key in STEPS && !event.shiftKey && arrow(event)) event.preventDefault();
});
