// The panel beside the conversation: the documents, or a source in front of them.
let opener = null; // what opened the panel, to go back to
let opening = 0; // number of the latest opening, so that a late reply of an earlier one is dropped

function showBook(what) {
  book.dataset.shows = what;
  if (narrow.matches && !isOpen()) history.pushState({ citewise: true }, "");
  root.dataset.book = "open";
  talk.inert = narrow.matches;
}

function showShelf() {
  opening += 1;
  book.dataset.shows = "shelf";
  book.scrollTop = 0;
  source.innerHTML = "";
  element.querySelectorAll("[aria-current]").forEach((chip) => chip.removeAttribute("aria-current"));
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

Object.assign(actions, {
  close,
  back: () => { showShelf(); shelf.querySelector("h2").focus({ preventScroll: true }); },
  shelf: (button) => {
    opener = button;
    showShelf();
    showBook("shelf");
    shelf.querySelector("h2").focus({ preventScroll: true });
  },
});
window.addEventListener("popstate", () => { if (isOpen()) closed(); });
narrow.addEventListener("change", () => { talk.inert = narrow.matches && isOpen(); });
