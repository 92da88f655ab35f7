// The panel beside the conversation: the documents, or a source in front of them.
let opener = null; // what opened the panel, to go back to
let opening = 0; // number of the latest opening, so that a late reply of an earlier one is dropped

function showBook(what) {
  book.dataset.shows = what;
  if (narrow.matches && !isOpen()) {
    settleAddress();
    history.pushState({ citewise: true }, "");
  }
  root.dataset.book = "open";
  talk.inert = narrow.matches;
}

function showShelf() {
  opening += 1;
  if (book.dataset.shows === "shelf") return;
  book.dataset.shows = "shelf";
  book.scrollTop = 0;
  source.innerHTML = "";
  current(null);
  tell("shelf");
}

function isOpen() {
  return root.dataset.book === "open";
}

function close() {
  if (narrow.matches && isOpen() && history.state?.citewise) history.back();
  else closed();
}

function closed() {
  delete root.dataset.book;
  talk.inert = false;
  showShelf();
  const back = opener?.isConnected ? opener : question;
  opener = null;
  back.focus({ preventScroll: true });
}

// Marks the chip whose quote is open, and says which of how many it is.
function current(chip) {
  element.querySelectorAll(".cw-chip[aria-current]").forEach((one) => one.removeAttribute("aria-current"));
  chip?.setAttribute("aria-current", "true");
  const all = chips(chip);
  const at = all.indexOf(chip);
  part("trail").hidden = all.length < 2;
  part("previous").disabled = at <= 0;
  part("next").disabled = at === all.length - 1;
  part("at").textContent = `${at + 1} of ${all.length}`;
}

// The chips of the answer that a chip is of.
function chips(chip) {
  return [...chip?.closest(".cw-quotes")?.querySelectorAll(".cw-chip") ?? []];
}

function step(by) {
  const chip = element.querySelector(".cw-chip[aria-current]");
  const all = chips(chip);
  const to = all[all.indexOf(chip) + by];
  if (to) open(to);
}

Object.assign(actions, {
  close,
  previous: () => step(-1),
  next: () => step(1),
  back: () => { showShelf(); shelf.querySelector("h2").focus({ preventScroll: true }); },
  shelf: (button) => {
    opener = button;
    showShelf();
    showBook("shelf");
    shelf.querySelector("h2").focus({ preventScroll: true });
  },
});
window.addEventListener("popstate", () => { if (isOpen() && !history.state?.citewise) closed(); });
narrow.addEventListener("change", () => { talk.inert = narrow.matches && isOpen(); });
