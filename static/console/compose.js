// Compose, alive: preview, meters, reach, autosave. Without any of this the form works as it is.

import { startAutosave } from "./compose/autosave.js";
import { startEmoji } from "./compose/emoji.js";
import { startMeters } from "./compose/meters.js";
import { startPersonal } from "./compose/personal.js";
import { startPicture } from "./compose/picture.js";
import { startReach } from "./compose/reach.js";

const form = document.getElementById("compose");
if (form) {
  form.dataset.js = "";
  startMeters(form);
  startReach(form);
  startPicture(form);
  startPersonal(form);
  startEmoji(form);
  startAutosave(form);
}
