"use strict";
// One audio element for all clips, loaded only when one is played.

window.starbench = window.starbench || {};
(() => {
  const bar = document.getElementById("player");
  const audio = document.getElementById("audio");
  const name = document.getElementById("player-name");
  let current = null;

  const reset = (clip) => {
    if (clip) clip.button.textContent = clip.words;
  };

  const follow = () => {
    if (!current) return;
    current.move(audio.currentTime);
    if (!audio.paused) requestAnimationFrame(follow);
  };

  audio.addEventListener("play", () => {
    if (current) current.button.textContent = "Pause";
    follow();
  });
  audio.addEventListener("pause", () => reset(current));
  audio.addEventListener("ended", () => reset(current));
  audio.addEventListener("seeked", follow);
  audio.addEventListener("error", () => {
    if (current) name.textContent = `${current.label} cannot be played here`;
  });

  /** A button that plays a clip; `move` is told where it is. */
  starbench.playButton = (source, label, move) => {
    const button = document.createElement("button");
    const words = `Play ${label}`;
    button.type = "button";
    button.className = "play";
    button.textContent = words;
    const clip = { source, label, move, button, words };
    const start = (seconds) => {
      if (!current || current.source !== source) {
        reset(current);
        audio.src = source;
      }
      current = clip;
      bar.hidden = false;
      name.textContent = label;
      if (seconds !== undefined) audio.currentTime = seconds;
      audio.play().catch(() => reset(clip));
    };
    button.addEventListener("click", () => (current && current.source === source && !audio.paused ? audio.pause() : start()));
    return { button, start };
  };

  starbench.stopPlaying = () => {
    audio.pause();
    current = null;
    bar.hidden = true;
  };
})();
