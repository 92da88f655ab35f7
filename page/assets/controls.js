// Judging an answer, and saving it or the conversation as a file made from the server's text.
const saveSheet = part("save-sheet");
let saving = null; // the controls of the answer whose Save was pressed

// The line below the buttons of an answer.
function below(controls) {
  return controls.parentElement.querySelector(".cw-judged");
}

// A verdict is told at once where it is "right"; else what would be right is asked first. Pressed
// again it is taken back.
function judge(button) {
  const controls = button.closest(".cw-controls"), { verdict } = button.dataset;
  if (button.getAttribute("aria-pressed") === "true") return sendVerdict(controls, null);
  if (verdict === "right") return sendVerdict(controls, verdict);
  const asking = part("judging").content.firstElementChild.cloneNode(true);
  asking.addEventListener("submit", (event) => {
    event.preventDefault();
    sendVerdict(controls, verdict, Object.fromEntries(new FormData(asking)));
  });
  asking.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    below(controls).replaceChildren();
    button.focus();
  });
  below(controls).replaceChildren(asking);
  asking.querySelector("textarea").focus();
  asking.scrollIntoView({ block: "nearest" });
  return null;
}

async function sendVerdict(controls, verdict, words = {}) {
  let reply = { error: "This was not noted. See in its terminal whether Citewise still runs." };
  try {
    reply = await server.judge({ answer: controls.dataset.answer, verdict, ...words });
  } catch { // told below
  }
  below(controls).replaceChildren(
    paragraph("p", reply.error ? "cw-bad" : "cw-noted", reply.error ?? reply.said),
  );
  if (reply.error) return;
  controls.querySelectorAll("[data-verdict]").forEach((one) => {
    one.setAttribute("aria-pressed", String(one.dataset.verdict === verdict));
  });
  if (verdict) controls.querySelector(`[data-verdict=${verdict}]`).focus();
}

async function saveAs(button) {
  const whole = saveSheet.querySelector("input:checked").value === "conversation";
  const answers = whole
    ? [...turns.querySelectorAll("[data-answer]")].map(({ dataset }) => dataset.answer)
    : [saving.dataset.answer];
  saveSheet.hidePopover();
  let file = { error: "Nothing was saved. See in its terminal whether Citewise still runs." };
  try {
    file = await server.save({ answers, kind: button.dataset.kind });
  } catch { // told below
  }
  if (file.error) {
    below(saving).replaceChildren(paragraph("p", "cw-bad", file.error));
    return;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([file.text], { type: `${file.type};charset=utf-8` }));
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  below(saving).replaceChildren(paragraph("p", "cw-noted", `Saved as ${file.name}.`));
}

Object.assign(actions, {
  judge,
  "judge-no": (button) => button.closest(".cw-judged").replaceChildren(),
  save: (button) => {
    saving = button.closest(".cw-controls");
    const several = turns.querySelectorAll("[data-answer]").length > 1;
    saveSheet.querySelector(".cw-save-what").hidden = !several;
    saveSheet.querySelector("input").checked = true;
    beside(saveSheet, button);
  },
  "save-as": saveAs,
});
saveSheet.addEventListener("keydown", (event) => {
  if (event.key === "Escape") event.stopPropagation(); // it closes the sheet alone
});
