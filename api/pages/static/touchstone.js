// Comfort only: everything works without this script.

// The catalogue says how many programs are chosen and stops at five.
const form = document.getElementById("choose");
if (form) {
  const most = 5;
  const boxes = [...form.querySelectorAll('input[type="checkbox"]')];
  const counter = document.getElementById("chosen");
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    for (const box of boxes) box.disabled = !box.checked && chosen >= most;
    counter.textContent = counter.dataset.template
      ? counter.dataset.template.replace("{n}", chosen)
      : `${chosen} / ${most}`;
  };
  for (const box of boxes) box.addEventListener("change", count);
}

// Files can be dropped anywhere on the field that takes them.
for (const field of document.querySelectorAll("[data-drop]")) {
  const input = field.querySelector('input[type="file"]');
  field.addEventListener("dragover", (event) => event.preventDefault());
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
  });
}
