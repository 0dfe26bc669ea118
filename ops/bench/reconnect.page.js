/* Runs inside the page under test: epoch ms at which each frame of the page's video was shown. */
(() => {
  const frameTimes = (globalThis.frameTimes = []);
  const video = document.querySelector('video');
  const onFrame = () => {
    frameTimes.push(Date.now());
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
})();
