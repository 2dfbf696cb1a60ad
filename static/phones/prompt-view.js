// Draws the soft prompt of one phone. All of it is plain text: people typed it.

/** `card`: the phone's card; its parts are data-soft-…. */
export function drawPrompt(card) {
  const prompt = card.phone.prompts?.showing;
  const box = card.part("soft");
  box.hidden = !prompt || !card.phone.foreground;
  if (!prompt) return;
  const { content } = prompt;
  box.dataset.layout = content.layout;
  card.part("soft-title").textContent = content.title;
  card.part("soft-body").textContent = content.body;
  card.part("soft-accept").textContent = content.accept_label;
  card.part("soft-dismiss").textContent = content.dismiss_label;
  const picture = card.part("soft-image");
  picture.hidden = !content.image;
  if (content.image && picture.getAttribute("src") !== content.image) picture.src = content.image;
  card.part("soft-swipe").hidden = !["banner", "card"].includes(content.layout);
}
