// Adding files, rebuilding, removing; and what every open tab hears of it.
// Milliseconds between two looks: of the tab that began a rebuild, and of all others.
const SOON = 700, LATER = 2500;
const limit = { bytes: Infinity, suffixes: [] }; // of uploads, as the server says
let seen = { generation: null, map: null, job: null, state: null }; // what this tab shows
let shown = null; // the job as it is shown
let began = false; // whether the rebuild that runs was begun here
let looking = 0; // the timer of the next look
let doomed = null; // the document whose removal is asked about

// --- what is going on -----------------------------------------------------------------------------

async function lookNow() {
  clearTimeout(looking);
  try {
    await heard(await server.now({}));
  } catch { // the server is gone or busy; the next look may find it
  }
  lookLater();
}

function lookLater() {
  clearTimeout(looking);
  if (!document.hidden) looking = setTimeout(lookNow, began || !seen.map ? SOON : LATER);
}

async function heard({ generation, map, job }) {
  const before = seen;
  seen = { generation, map, job: job?.id ?? null, state: job?.state ?? null };
  began &&= seen.state === "running";
  const news = before.job !== seen.job || before.state !== seen.state;
  const first = before.generation === null;
  const moved = JSON.stringify(job) !== JSON.stringify(shown);
  // What had ended before this tab was opened is no news.
  if (job && moved && (job.state === "running" || (news && !first))) showJob(job);
  if (!map) insight.hidden = false; // the first map of an index takes seconds, and says so
  else if (before.map !== map) look();
  if (before.generation !== generation) {
    await Promise.all([loadHoldings(), first ? list() : listAnew(), loadSheet()]);
    if (!first) tell("rebuilt", { generation });
  } else if (news) {
    await Promise.all([loadHoldings(), listAnew()]);
  }
}

function showJob(job) {
  shown = job;
  const running = job.state === "running";
  const box = part("job");
  box.hidden = false;
  box.dataset.state = job.state;
  part("job-said").textContent = job.said;
  part("cancel-job").hidden = !running;
  part("hide-job").hidden = running;
  part("job-bar").hidden = !running;
  part("job-bar").value = job.share;
  part("rebuild").disabled = running;
  if (job.state === "done") takenOut();
  // How far it is shows in the page's head too, where the documents may be out of sight.
  const button = root.querySelector(".cw-nav [data-do=shelf]");
  button.classList.toggle("cw-busy", running);
  button.style.setProperty("--share", job.share);
  if (running) return;
  say(job.said);
  const refused = part("uploads").querySelectorAll(".cw-bad");
  part("uploads").replaceChildren(...refused);
  part("uploads").hidden = refused.length === 0;
}

async function loadHoldings() {
  const held = await server.holdings({});
  part("holdings").textContent = held.said;
  root.dataset.passages = held.passages;
  part("left-out").innerHTML = held.left_out;
  part("limits").textContent = held.limits.said;
  part("limits").hidden = false;
  part("library-do").hidden = false;
  part("files").accept = held.limits.suffixes.join(",");
  Object.assign(limit, held.limits);
}

// --- adding files ---------------------------------------------------------------------------------

async function addFiles(files) {
  const rows = files.map((file) => {
    const row = paragraph("li", "cw-upload", "");
    row.append(paragraph("span", "cw-upload-name", file.name),
      paragraph("span", "cw-upload-said", "waits"));
    return row;
  });
  part("uploads").replaceChildren(...rows);
  part("uploads").hidden = false;
  let added = 0;
  for (const [place, file] of files.entries()) {
    const said = rows[place].lastChild;
    const refused = refusal(file)
      ?? await sendFile(file, (share) => { said.textContent = `${Math.round(100 * share)}%`; });
    rows[place].classList.add(refused ? "cw-bad" : "cw-good");
    said.textContent = refused ?? "added";
    added += refused ? 0 : 1;
  }
  say(`${added} added${added < files.length ? `, ${files.length - added} refused` : ""}.`);
  if (added) await rebuild();
}

function refusal(file) {
  const suffix = file.name.slice(file.name.lastIndexOf(".")).toLowerCase();
  if (!limit.suffixes.includes(suffix)) return "Not of a kind that can be read.";
  if (file.size > limit.bytes) return `Larger than ${Math.round(limit.bytes / 1e6)} MB.`;
  return file.size ? null : "Empty.";
}

// Send one file; what comes back is null, or why it was refused.
function sendFile(file, tellShare) {
  return new Promise((done) => {
    const request = new XMLHttpRequest(); // fetch does not tell how far an upload is
    request.open("POST", `v1/documents?name=${encodeURIComponent(file.name)}`);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => tellShare(loaded / total));
    request.addEventListener("error", () => done("Not sent: the server did not answer."));
    request.addEventListener("load", () => {
      done(request.status < 300 ? null
        : request.response?.detail ?? `The server refused it (${request.status}).`);
    });
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(file);
  });
}

async function rebuild() {
  for (;;) {
    const error = await errorOf(server.rebuild({}));
    began = error === null;
    await lookNow();
    if (error === null) return;
    if (seen.state !== "running") {
      tellIn(error);
      return;
    }
    await new Promise((go) => setTimeout(go, SOON)); // the one that runs has not seen the change
  }
}

// The text of the error that an action of the server ends with, or null.
async function errorOf(promise) {
  try {
    return (await promise).error;
  } catch {
    return "This did not work. See in its terminal whether Citewise still runs.";
  }
}

// Say in the line above the list what happened, with the way back where there is one.
function tellIn(text, ...ways) {
  const box = part("undoing");
  box.classList.toggle("cw-bad", ways.length === 0);
  const said = paragraph("span", "", text);
  box.replaceChildren(said, ...ways);
  box.hidden = false;
  return said;
}

// A rebuild begun after a removal is done: what was said of the removal is said anew.
function takenOut() {
  const said = part("undoing").querySelector("[data-then]");
  if (said) said.textContent = said.dataset.then;
}

function wayBack(doc) {
  const button = paragraph("button", "cw-undo", "Take it back");
  button.type = "button";
  Object.assign(button.dataset, { do: "restore", doc });
  return button;
}

Object.assign(actions, {
  "choose-files": () => part("files").click(),
  rebuild,
  "cancel-job": async () => {
    await errorOf(server.cancel_rebuild({}));
    await lookNow();
  },
  "hide-job": () => {
    part("job").hidden = true;
    part("library").querySelector("h2").focus({ preventScroll: true });
  },
  remove: (button) => {
    doomed = button.dataset;
    part("removing-name").textContent = doomed.title;
    part("removing").querySelectorAll("[data-file]").forEach((words) => {
      words.hidden = words.dataset.file !== doomed.file;
    });
    part("removing").showModal();
  },
  "keep-it": () => part("removing").close(),
  "remove-it": async () => {
    part("removing").close();
    const { doc, title } = doomed;
    const error = await errorOf(server.remove({ doc }));
    if (error) return tellIn(error);
    const said = tellIn(`“${title}” is taken out by the next rebuild.`, wayBack(doc));
    part("undoing").querySelector("button").focus();
    await rebuild();
    said.dataset.then = `“${title}” has been taken out.`;
    if (seen.state === "done") takenOut();
  },
  restore: async ({ dataset }) => {
    const error = await errorOf(server.restore({ doc: dataset.doc }));
    if (error) return tellIn(error);
    part("undoing").hidden = true;
    return rebuild();
  },
});

part("files").addEventListener("change", ({ target }) => {
  addFiles([...target.files]);
  target.value = "";
});
for (const name of ["dragenter", "dragover"]) {
  root.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    root.dataset.drop = "over";
  });
}
root.addEventListener("dragleave", (event) => {
  if (!root.contains(event.relatedTarget)) delete root.dataset.drop;
});
root.addEventListener("drop", (event) => {
  delete root.dataset.drop;
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  showShelf();
  if (narrow.matches) showBook("shelf");
  addFiles([...event.dataTransfer.files]);
});
part("removing").addEventListener("keydown", (event) => {
  if (event.key === "Escape") event.stopPropagation(); // it closes the dialog alone
});
element.addEventListener("cw:answered", ({ detail }) => { // which is a look as well
  if (!detail.reply?.now) return;
  heard(detail.reply.now).catch(() => {}); // the next look may find it
  lookLater();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) lookNow(); });
lookNow();
