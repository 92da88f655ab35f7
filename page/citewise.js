// The page's behaviour. Gradio runs this once (gr.HTML's js_on_load) and passes in `element` and
// `server`, whose functions are those of ui.py. All HTML comes escaped from there; nothing here
// builds HTML from text.
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const root = part("root"), talk = part("talk"), scroll = part("scroll"), turns = part("turns");
const form = part("form"), question = part("question"), submit = part("submit");
const book = part("book"), shelf = part("shelf"), source = part("source"), match = part("match");
const narrow = window.matchMedia("(max-width: 999px)");
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

let asked = []; // questions of this conversation, oldest first
let waiting = null; // the turn that is being answered
let opener = null; // what opened the source, to go back to
let opening = 0; // number of the latest opening, so that a late reply of an earlier one is dropped

// --- asking -------------------------------------------------------------------------------------

async function ask(text) {
  text = text.trim();
  if (!text || waiting) return;
  const turn = document.createElement("article");
  turn.className = "cw-turn";
  turn.append(paragraph("h2", "cw-question", text), paragraph("p", "cw-searching",
    `Searching ${root.dataset.passages}…`));
  turns.append(turn);
  waiting = turn;
  root.dataset.state = "talking";
  part("new").hidden = false;
  question.value = "";
  grow();
  busy(true);
  reveal(turn);
  let reply = null;
  try {
    reply = await server.ask({ question: text, history: asked });
  } catch { // told below
  }
  if (waiting !== turn) return; // a new conversation was begun meanwhile
  waiting = null;
  busy(false);
  if (typeof reply?.html === "string") {
    turn.innerHTML = reply.html;
    if (reply.joins) asked = [...asked, text];
  } else {
    const box = document.createElement("div");
    box.className = "cw-error";
    box.setAttribute("role", "alert");
    box.append(paragraph("p", "", "No answer came. See in its terminal whether Citewise still "
      + "runs, then ask again."));
    turn.querySelector(".cw-searching").replaceWith(box);
    question.value = text;
    grow();
  }
  turn.classList.add("cw-done");
  reveal(turn);
}

function paragraph(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

function busy(is) {
  submit.disabled = is;
  turns.setAttribute("aria-busy", String(is));
}

function reveal(turn) {
  const top = turn.offsetTop - scroll.offsetTop - 8;
  scroll.scrollTo({ top, behavior: calm.matches ? "auto" : "smooth" });
}

function grow() {
  question.style.height = "auto";
  question.style.height = `${Math.min(question.scrollHeight, 160)}px`;
}

function startOver() {
  waiting = null;
  busy(false);
  asked = [];
  turns.replaceChildren();
  root.dataset.state = "empty";
  part("new").hidden = true;
  showShelf();
  scroll.scrollTop = 0;
  question.focus();
}

// --- the source panel ---------------------------------------------------------------------------

function open(button) {
  opener = button;
  const { doc, start, end, passage, marks, number } = button.dataset;
  const pairs = (spans) => (spans ? spans.split(" ").map((span) => span.split("-").map(Number)) : []);
  const place = start === undefined ? null : {
    start: Number(start), end: Number(end), passage: pairs(passage)[0], marks: pairs(marks),
    number: Number(number),
  };
  element.querySelectorAll("[aria-current]").forEach((chip) => chip.removeAttribute("aria-current"));
  if (button.matches(".cw-chip")) button.setAttribute("aria-current", "true");
  showBook("source");
  source.innerHTML = "";
  source.setAttribute("aria-busy", "true");
  fetchInto({ doc, place });
}

async function fetchInto(request) {
  const mine = (opening += 1);
  const html = await written(server.read(request));
  if (mine !== opening) return;
  source.removeAttribute("aria-busy");
  source.innerHTML = html;
  const mark = source.querySelector(".cw-mark");
  if (mark) {
    const head = source.querySelector("header").getBoundingClientRect().bottom; // it sticks there
    const room = book.getBoundingClientRect().bottom - head;
    const box = mark.getBoundingClientRect();
    book.scrollTop += box.top - head - Math.max((room - box.height) / 2, 16);
  } else {
    book.scrollTop = 0;
  }
  (mark || source.querySelector("h2"))?.focus({ preventScroll: true });
}

// HTML from the server, or a note that it did not come.
async function written(promise) {
  try {
    const html = await promise;
    if (typeof html === "string") return html;
  } catch { // told below
  }
  return '<p class="cw-error" role="alert">This did not come. See in its terminal whether Citewise '
    + "still runs, then try again.</p>";
}

async function more(button) {
  const { doc, before, after } = button.dataset;
  button.disabled = true;
  const html = await written(server.read(before === undefined ? { doc, after: Number(after) }
    : { doc, before: Number(before) }));
  const height = book.scrollHeight, at = book.scrollTop;
  button.insertAdjacentHTML("afterend", html);
  button.remove();
  if (before !== undefined) book.scrollTop = at + book.scrollHeight - height;
}

async function list() {
  const wanted = match.value;
  const html = await written(server.find(wanted));
  if (wanted === match.value) part("documents").innerHTML = html;
}

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

// --- copying ------------------------------------------------------------------------------------

async function copy(button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch { // no clipboard without a secure context: other hosts than this one over http
    const field = document.createElement("textarea");
    field.value = button.dataset.copy;
    field.className = "cw-sr";
    element.append(field);
    field.select();
    done = document.execCommand("copy");
    field.remove();
    button.focus();
  }
  const said = done ? "Copied" : "Not copied";
  part("said").textContent = said;
  button.textContent = said;
  setTimeout(() => { button.textContent = "Copy"; part("said").textContent = ""; }, 1800);
}

// --- listening ----------------------------------------------------------------------------------

const actions = {
  example: (button) => ask(button.textContent),
  new: startOver,
  open,
  more,
  copy,
  close,
  back: () => { showShelf(); shelf.querySelector("h2").focus({ preventScroll: true }); },
  shelf: (button) => {
    opener = button;
    showShelf();
    showBook("shelf");
    shelf.querySelector("h2").focus({ preventScroll: true });
  },
};

element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && element.contains(button)) actions[button.dataset.do]?.(button);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(question.value);
});
question.addEventListener("input", grow);
question.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
let typing = 0;
match.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(list, 120);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  if (isOpen() || book.dataset.shows === "source") close();
});
window.addEventListener("popstate", () => { if (isOpen()) closed(); });
narrow.addEventListener("change", () => { talk.inert = narrow.matches && isOpen(); });
list();
if (!narrow.matches) question.focus({ preventScroll: true });
