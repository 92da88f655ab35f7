// Asking, and the list of turns.
let asked = []; // questions of this conversation, oldest first
let waiting = null; // the turn that is being answered

async function ask(text, { filters = filterChoice() } = {}) {
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
    reply = await server.ask({ question: text, history: asked, filters });
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
  tell("answered", { turn, question: text, reply });
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
  tell("new");
}

Object.assign(actions, { example: (button) => ask(button.textContent), new: startOver });
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
