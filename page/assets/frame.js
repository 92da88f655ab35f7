// The page's behaviour. Gradio runs these files once, joined in the order that page/shell.py gives:
// they share this scope. It passes in `element` (the page), `server` (the functions of
// page/functions.py, each taking one JSON value) and `upload`. All HTML comes escaped from the
// server; nothing here builds HTML from text.
//
// What the files give each other:
//   part(name)          the element with this data-part
//   actions[name]       what a click on a data-do="name" does; it is given the button
//   written(promise)    HTML from the server, or an error note when it did not come
//   paragraph(tag, class, text)   a new element holding text
//   say(text)           tells a screen reader
//   tell(name, detail)  sends the event `cw:name` to `element`
//   settleAddress()     writes the address bar now, before history gets an entry
//   ask(text, {filters, place})  conversation.js; `turns` is the list, `conversation` its data
//   open(button), showShelf(), showBook(what), close()   panel.js, source.js
// and the events on `element`: cw:answered {turn, question, reply}, cw:new, cw:shelf, cw:opened {doc}
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const root = part("root"), talk = part("talk"), scroll = part("scroll"), turns = part("turns");
const form = part("form"), question = part("question"), submit = part("submit");
const book = part("book"), shelf = part("shelf"), source = part("source");
const narrow = window.matchMedia("(max-width: 999px)");
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const actions = {};

function tell(name, detail = {}) {
  element.dispatchEvent(new CustomEvent(`cw:${name}`, { detail }));
}

function say(text) {
  part("said").textContent = text;
}

function paragraph(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
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
