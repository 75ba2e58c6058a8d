// Comfort only: everything works without this script.

// The catalogue says how many programs are chosen and stops at five.
const form = document.getElementById("choose");
if (form) {
  const most = 5;
  const boxes = [...form.querySelectorAll('input[name="program"]')];
  const counter = document.getElementById("chosen");
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    for (const box of boxes) box.disabled = !box.checked && chosen >= most;
    if (counter && chosen) counter.textContent = counter.dataset.template.replace("{n}", chosen);
  };
  for (const box of boxes) box.addEventListener("change", count);
  count();
}

// Files can be dropped anywhere on the field that takes them.
for (const field of document.querySelectorAll("[data-drop]")) {
  const input = field.querySelector('input[type="file"]');
  const over = (is) => field.classList.toggle("over", is);
  field.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  field.addEventListener("dragleave", () => over(false));
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    input.files = event.dataTransfer.files;
  });
}

// A link to a part of the page opens what is folded around it.
const unfold = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let each = target; each; each = each.parentElement) if (each.localName === "details") each.open = true;
};
addEventListener("hashchange", unfold);
unfold();

// Without a connection a server elsewhere can't be reached: better to know before sending a form.
const tell = () => {
  document.querySelector("p.offline")?.remove();
  if (navigator.onLine) return;
  const notice = document.createElement("p");
  notice.className = "notice bad offline";
  notice.setAttribute("role", "status");
  notice.textContent = document.body.dataset.offline;
  document.getElementById("main").append(notice);
};
addEventListener("online", tell);
addEventListener("offline", tell);
tell();
