/* Runs in the page before its own scripts: when is there a picture, and when does it move? Times are ms since navigation. */
(() => {
  const firstPicture = (globalThis.firstPicture = { posterMs: null, frameMs: null, motionMs: null });
  let watched = null;
  const onFrame = () => {
    if (firstPicture.frameMs === null) {
      firstPicture.frameMs = performance.now();
      watched.requestVideoFrameCallback(onFrame);
    } else firstPicture.motionMs = performance.now();
  };
  const look = () => {
    const poster = document.querySelector('img.poster');
    if (firstPicture.posterMs === null && poster?.complete === true && poster.naturalWidth > 0) {
      firstPicture.posterMs = performance.now();
    }
    const video = document.querySelector('video');
    if (watched === null && video !== null) {
      watched = video;
      video.requestVideoFrameCallback(onFrame);
    }
    if (firstPicture.motionMs === null) requestAnimationFrame(look);
  };
  look();
})();
