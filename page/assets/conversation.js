// Asking, and the list of turns.
let conversation = []; // turns that were answered, oldest first: {turn, question, reply}
let waiting = null; // the turn that is being answered

// Asks and shows the answer in a new turn, or in `turn`, asked anew. `spoken` is what the person
// typed, where `text` is how they want it understood; then nothing before it counts.
async function ask(text, { filters = filterChoice(), turn = null, spoken = null } = {}) {
  text = text.trim();
  if (!text || waiting) return null;
  turn ??= turns.appendChild(document.createElement("article"));
  turn.className = "cw-turn";
  turn.setAttribute("aria-label", spoken ?? text);
  turn.replaceChildren(heading(spoken ?? text),
    paragraph("p", "cw-searching", `Searching ${root.dataset.passages}…`));
  waiting = turn;
  root.dataset.state = "talking";
  part("new").hidden = false;
  busy(true);
  reveal(turn);
  const request = { question: text, spoken, filters, history: spoken === null ? before(turn) : [] };
  let reply = null;
  try {
    for await (const came of replies(request)) { // the passages that are read, then the answer
      if (waiting !== turn) return null; // a new conversation was begun meanwhile
      if ("joins" in came) reply = came;
      else turn.innerHTML = came.html;
    }
  } catch { // told below
  }
  if (waiting !== turn) return null;
  waiting = null;
  busy(false);
  if (typeof reply?.html === "string") turn.innerHTML = reply.html;
  else failed(turn, spoken ?? text);
  turn.classList.add("cw-done");
  keep(turn, text, reply);
  if (reply?.joins) remember(turn, reply.understood);
  say(reply?.said ?? "");
  reveal(turn);
  tell("answered", { turn, question: text, filters, reply });
  return turn;
}

// A question above its answer. A long one is scrolled in, by the keyboard too.
function heading(text) {
  const made = paragraph("h2", "cw-question", text);
  if (text.length > 300) made.tabIndex = 0;
  return made;
}

// What the server sends for a question, a value a line.
async function* replies(request) {
  const response = await fetch("ask", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(request),
  });
  if (!response.ok) throw new Error(response.statusText);
  const reader = response.body.getReader(), decoder = new TextDecoder();
  let text = "";
  for (let got = await reader.read(); !got.done; got = await reader.read()) {
    const lines = (text + decoder.decode(got.value, { stream: true })).split("\n");
    text = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

// The earlier questions, oldest first.
function before(turn) {
  const at = conversation.findIndex((one) => one.turn === turn);
  return conversation.slice(0, at < 0 ? undefined : at).map((one) => one.question);
}

function keep(turn, text, reply) {
  if (!reply?.joins) return;
  const made = { turn, question: text, reply };
  const at = conversation.findIndex((one) => one.turn === turn);
  if (at < 0) conversation.push(made);
  else conversation[at] = made;
}

function failed(turn, text) {
  const box = document.createElement("div");
  box.className = "cw-error";
  box.setAttribute("role", "alert");
  box.append(paragraph("p", "", "No answer came. See in its terminal whether Citewise still runs, "
    + "then ask again."));
  turn.replaceChildren(heading(text), box,
    document.importNode(part("again").content, true));
  question.value = text;
  fit(question);
}

function busy(is) {
  submit.disabled = is;
  turns.setAttribute("aria-busy", String(is));
}

function reveal(turn) {
  const within = getComputedStyle(scroll).overflowY === "visible" ? talk : scroll; // narrow.css
  const top = turn.getBoundingClientRect().top - within.getBoundingClientRect().top - 8;
  within.scrollBy({ top, behavior: calm.matches ? "auto" : "smooth" });
}

// What new text in a field changes: it may be too long to ask, which its form then says.
function fit(field) {
  const length = [...field.value].length, longest = Number(question.dataset.longest);
  const over = length <= longest ? "" : `This has ${length.toLocaleString("en")} characters. A question `
    + `may have ${longest.toLocaleString("en")} at most: shorten it, then ask.`;
  field.setCustomValidity(over);
  const said = field.form.querySelector("[data-over]");
  if (said.textContent !== over) said.textContent = over;
  said.hidden = !over;
  grow(field);
}

// As high as its text, where the style sheet cannot make it so (field-sizing).
function grow(field) {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 160)}px`;
}

// --- correcting how a question was understood -----------------------------------------------------

function correct(button) {
  const line = button.closest(".cw-understood");
  const turn = button.closest(".cw-turn");
  const editor = document.importNode(part("corrector").content, true).firstElementChild;
  const field = editor.querySelector("textarea");
  const leave = () => {
    editor.replaceWith(line);
    button.focus();
  };
  field.value = line.querySelector("q").textContent;
  editor.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim() && !waiting) {
      ask(field.value, { turn, spoken: turn.querySelector(".cw-question").textContent });
    }
  });
  editor.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    leave();
  });
  editor.querySelector("[data-cancel]").addEventListener("click", leave);
  entersOnEnter(field);
  line.replaceWith(editor);
  fit(field);
  field.select();
}

// Enter sends the form that a field is in; Shift and Enter begin a line.
function entersOnEnter(field) {
  field.addEventListener("input", () => fit(field));
  field.addEventListener("invalid", (event) => { // the note below the field says it
    event.preventDefault();
    say(field.validationMessage);
    field.focus();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    field.form.requestSubmit();
  });
}

function startOver() {
  waiting = null;
  busy(false);
  conversation = [];
  turns.replaceChildren();
  forget();
  root.dataset.state = "empty";
  part("new").hidden = true;
  showShelf();
  requestAnimationFrame(() => { if (!turns.hasChildNodes()) scroll.scrollTop = 0; });
  question.value = "";
  fit(question);
  if (document.activeElement !== question) question.focus();
  tell("new");
}

function again(button) {
  const turn = button.closest(".cw-turn");
  ask(turn.querySelector(".cw-question").textContent, { turn });
}

Object.assign(actions, {
  again,
  correct,
  example: (button) => ask(button.textContent),
  new: startOver,
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (waiting) return;
  const text = question.value;
  question.value = "";
  fit(question);
  ask(text);
});
entersOnEnter(question);
